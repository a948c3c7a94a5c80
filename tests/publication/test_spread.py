"""Ratios of SDs: F where outcomes are normal, wider where they are not, and no ratio where nothing varies."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.analysis.made import as_published

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.publication.comparison import Cell, compare
from resynapse.publication.spread import Spread, ratio_interval, ratio_p, spreads, widening

SIZES = st.integers(2, 60)
RATIO = st.floats(0.05, 20.0)


@given(RATIO, SIZES, SIZES, st.floats(1.0, 4.0))
def test_p_is_at_most_5_percent_exactly_where_the_interval_excludes_1(
    ratio: float, n: int, other: int, widened: float
) -> None:
    low, high = ratio_interval(ratio, n, other, widened)
    p = ratio_p(ratio, n, other, widened)
    assert low < ratio < high
    if abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (not low <= 1.0 <= high)


@given(RATIO, SIZES, SIZES)
def test_swapping_the_sides_turns_the_interval_round(ratio: float, n: int, other: int) -> None:
    low, high = ratio_interval(ratio, n, other)
    assert ratio_interval(1 / ratio, other, n) == pytest.approx((1 / high, 1 / low))


@given(RATIO, st.integers(2, 30), st.integers(2, 30))
def test_unwidened_it_is_the_f_test(ratio: float, n: int, other: int) -> None:
    one_sided = float(stats.f.sf(ratio**2, n - 1, other - 1))
    assert ratio_p(ratio, n, other) == pytest.approx(2 * min(one_sided, 1 - one_sided))


def test_long_tails_widen_and_short_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    values = np.stack([rng.uniform(size=200), rng.normal(size=200), rng.exponential(size=200)], axis=1)
    flat, normal, long = widening(values)
    assert flat == 1.0
    assert 1.0 <= normal < 1.3 < long
    excess = stats.kurtosis(values[:, 2], bias=False)
    assert long == pytest.approx(math.sqrt(1 + excess / 2))
    assert (widening(values[:3]) == 1.0).all()


@pytest.fixture(scope="module")
def wide() -> tuple[dict[tuple[str, str, str], Spread], dict[tuple[str, str, str], Cell]]:
    """Ten subjects with twice the published SDs."""
    protocol = rs.load("switch-relapse")
    table = as_published(protocol, 10, spread=2.0)
    compared = compare(protocol.name, table).cells
    found = spreads(compared, Cells.of(table))
    return (
        {(s.arm, s.condition, s.outcome): s for s in found},
        {(c.arm, c.condition, c.outcome): c for c in compared},
    )


Wide = tuple[dict[tuple[str, str, str], Spread], dict[tuple[str, str, str], Cell]]


def test_printed_sds_are_population_sds(wide: Wide) -> None:
    one = wide[0]["ssri", "acute", "acc_combined"]
    assert one.published_sd == pytest.approx(3.0 * math.sqrt(10 / 9))
    assert one.ratio == pytest.approx(2.0)


def test_the_rounding_of_the_printed_sd_widens_the_interval(wide: Wide) -> None:
    one, other = wide[0]["ketamine", "acute", "acc_internal_0.5"], wide[0]["ssri", "acute", "acc_biased_1.0"]
    for found, sd in ((one, 0.1), (other, 12.7)):
        assert found.low is not None
        assert found.high is not None
        assert found.widened is not None
        low, high = ratio_interval(2.0, 10, 10, found.widened)
        assert (found.low, found.high) == pytest.approx((low * sd / (sd + 0.05), high * sd / (sd - 0.05)))
    # a printed 0.1 may be 0.15: twice as much is no longer shown
    assert one.p is not None
    assert other.p is not None
    assert one.p > other.p


def test_without_spread_there_is_no_ratio(wide: Wide) -> None:
    spread, cells = wide
    for key, one in spread.items():
        if key[2] == "manic_relapse":
            assert one.verdict == "yes or no"
        elif cells[key].published_sd == 0.0:
            assert one.verdict == "constant"
        else:
            assert one.ratio is not None
        assert (one.ratio is None) == (one.verdict in ("yes or no", "constant")) == (one.p is None)


def test_a_ratio_beyond_its_interval_is_called_wider_or_narrower() -> None:
    protocol = rs.load("switch-relapse")
    verdicts = {}
    for factor in (0.2, 1.0, 5.0):
        table = as_published(protocol, 10, spread=factor)
        found = spreads(compare(protocol.name, table).cells, Cells.of(table))
        verdicts[factor] = {s.verdict for s in found if s.outcome == "acc_biased_1.0"}
    assert verdicts == {0.2: {"narrower"}, 1.0: {"open"}, 5.0: {"wider"}}


def test_holm_is_over_all_ratios(wide: Wide) -> None:
    tested = [(s.p, s.p_holm) for s in wide[0].values() if s.p is not None and s.p_holm is not None]
    least = min(tested, key=lambda pair: pair[0])
    assert least[1] == pytest.approx(min(1.0, len(tested) * least[0]))
    assert all(holm >= p for p, holm in tested)


def test_one_subject_has_no_spread() -> None:
    protocol = rs.load("switch-relapse")
    table = as_published(protocol, 10).filter(pl.col("subject") == 0)
    assert {s.verdict for s in spreads(compare(protocol.name, table).cells, Cells.of(table))} == {"not run"}


def test_a_printed_sd_that_may_be_nothing_bounds_from_below_only(wide: Wide) -> None:
    protocol = rs.load("switch-relapse")
    table = as_published(protocol, 10)
    compared = compare(protocol.name, table).cells
    (cell,) = (c for c in compared if (c.arm, c.outcome) == ("ketamine", "acc_internal_0.5"))
    (found,) = spreads([replace(cell, published_sd=0.04)], Cells.of(table))
    assert found.high is None
    assert found.verdict == "open"
