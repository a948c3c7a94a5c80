"""Shares of subjects: ten of ten is no certainty, and chance is counted exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.analysis.made import as_published

import resynapse as rs
from resynapse.analysis.shares import YES_OR_NO, chance_of_difference, newcombe
from resynapse.publication.comparison import compare


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_interval_is_made_of_two_wilson_intervals(n1: int, n2: int, data: st.DataObject) -> None:
    yes1, yes2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    one, two = (
        stats.binomtest(yes, n).proportion_ci(0.95, method="wilson") for yes, n in ((yes1, n1), (yes2, n2))
    )  # fmt: skip
    d, p1, p2 = yes1 / n1 - yes2 / n2, yes1 / n1, yes2 / n2
    low, high = newcombe(yes1, n1, yes2, n2, 0.95)
    assert low == pytest.approx(100 * (d - math.hypot(p1 - one.low, two.high - p2)), abs=1e-9)
    assert high == pytest.approx(100 * (d + math.hypot(one.high - p1, p2 - two.low)), abs=1e-9)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.93])
def test_chance_is_how_often_equal_shares_differ(share: float) -> None:
    rng, trials = np.random.default_rng(2), 4_000
    differs = 0
    for yes1, yes2 in zip(rng.binomial(12, share, trials), rng.binomial(10, share, trials), strict=True):
        low, high = newcombe(int(yes1), 12, int(yes2), 10, 0.95)
        differs += (low > 0 or high < 0) and abs(100 * (yes1 / 12 - yes2 / 10)) > 0.55
    chance = chance_of_difference(share, 12, 10, 0.55, 0.95)
    assert differs / trials == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / trials) + 1e-9)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_nobody_never_differ_by_chance(share: float) -> None:
    assert chance_of_difference(share, 50, 10, 0.55, 0.95) == 0.0


def test_nine_of_ten_fifty_times_is_not_shown_to_differ_from_ten_of_ten() -> None:
    """A printed SD of 0 is no knowledge of the share: Welch would call five of fifty a difference."""
    protocol = rs.load("switch-relapse")
    table = as_published(protocol, 50)
    cells = [c for c in compare(protocol.name, table).cells if c.outcome in YES_OR_NO]
    full = [c for c in cells if c.published_mean == 100.0 and c.mean is not None and 80.0 < c.mean < 100.0]
    assert full
    for cell in full:
        assert cell.verdict == "agrees"
        assert cell.low is not None
        assert cell.high is not None
        assert cell.low < 0.0 < cell.high
