"""Two known cohorts: the textbook tests cell by cell, and permuted subjects for all cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from resynapse.errors import ResynapseError
from resynapse.publication.two_cohorts import two_samples


def _cohorts(seed: int, *, shift: float = 0.0, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Thirty and twelve subjects in five cells that move together, one of them flat."""
    rng = np.random.default_rng(seed)

    def drawn(n: int) -> np.ndarray:
        made = rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, 5))
        made[:, 4] = 100.0
        return made

    other = drawn(12)
    other[:, :4] = factor * other[:, :4] + shift
    return drawn(30), other


def test_cell_by_cell_they_are_the_tests_of_scipy() -> None:
    a, b = _cohorts(0)
    found = two_samples(a, b)
    for column, one in enumerate(found.cells[:4]):
        x, y = a[:, column], b[:, column]
        test = stats.ttest_ind(x, y, equal_var=False)
        ends = test.confidence_interval(0.95)
        assert one.p == pytest.approx(test.pvalue)
        assert (one.low, one.high) == pytest.approx((ends.low, ends.high))
        assert one.spread_p == pytest.approx(stats.levene(x, y, center="median").pvalue)
        assert one.ratio == pytest.approx(x.std(ddof=1) / y.std(ddof=1))
        assert one.ratio_low is not None
        assert one.ratio_high is not None
        assert one.ratio_low < one.ratio < one.ratio_high


def test_where_nothing_varies_nothing_is_tested() -> None:
    flat = two_samples(*_cohorts(0)).cells[4]
    assert (flat.difference, flat.low, flat.p, flat.ratio, flat.spread_p) == (0.0, None, None, None, None)


def test_together_equal_populations_are_apart_as_often_as_they_may() -> None:
    trials = 40
    found = [two_samples(*_cohorts(seed)) for seed in range(trials)]
    for p in ([f.means_p for f in found], [f.spreads_p for f in found]):
        # a permutation test is exact
        assert np.mean(np.array(p) <= 0.05) <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / trials)


def test_together_a_shift_and_a_spread_are_found_apart() -> None:
    shifted, wide = two_samples(*_cohorts(1, shift=3.0)), two_samples(*_cohorts(1, factor=5.0))
    assert (shifted.means_apart, shifted.means_p < 0.05, shifted.spreads_p > 0.05) == (4, True, True)
    assert (wide.spreads_apart, wide.spreads_p < 0.05) == (4, True)


def test_what_cannot_be_compared_is_refused() -> None:
    a, b = _cohorts(0)
    for first, second in ((a, b[:3]), (a, b[:, :4])):
        with pytest.raises(ResynapseError, match="cannot be compared"):
            two_samples(first, second)
    b[0, 0] = np.nan
    with pytest.raises(ResynapseError, match="missing"):
        two_samples(a, b)
