"""The margin of equivalence is about the smallest difference between arms that the article's own subjects show."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from resynapse.publication.equivalence import ABSOLUTE, POINTS
from resynapse.publication.margin import shown_differences


def _sizes(units: tuple[str, ...]) -> list[float]:
    return [one.size for one in shown_differences("switch-relapse") if one.unit in units and not one.ceiling]


def test_no_difference_in_points_that_the_article_shows_away_from_the_ceiling_is_half_the_margin_but_one() -> None:
    sizes = _sizes(("pct", "pp"))
    assert sizes == sorted(sizes)
    small = [size for size in sizes if size < POINTS / 2]
    # 97.2 against 97.6 under combined stress: two arms near the ceiling of that test
    assert small == [pytest.approx(0.4)]
    assert min(size for size in sizes if size > POINTS / 2) == pytest.approx(POINTS, abs=0.5)


def test_two_margins_keep_most_orders() -> None:
    sizes = _sizes(("pct", "pp"))
    assert sum(size > 2 * POINTS for size in sizes) > 0.7 * len(sizes)
    assert min(_sizes(("abs",))) > 1.9 * ABSOLUTE


def test_what_is_shown_is_shown_by_welch() -> None:
    (one,) = (
        one
        for one in shown_differences("switch-relapse")
        if one.outcome == "relapse_drop" and one.arms == ("ketamine", "neurosteroid")
    )
    sds = (0.3 * math.sqrt(10 / 9), 2.1 * math.sqrt(10 / 9))
    assert stats.ttest_ind_from_stats(-0.1, sds[0], 10, 5.1, sds[1], 10, equal_var=False).pvalue < 0.05
    assert one.size == pytest.approx(5.2)
