"""Equivalence with the publication: two one-sided tests, score intervals for shares, and honest blanks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from resynapse.analysis.families import SETTINGS
from resynapse.publication.comparison import MARGIN_POINTS, Cell, Comparison, published
from resynapse.publication.equivalence import Equivalence, equivalences, newcombe

CELL = Cell(
    table="t", arm="ssri", condition="acute", outcome="acc_combined", unit="pct", published_mean=90.5,
    published_sd=3.0, published_n=10, mean=91.0, sd=2.0, n=10, difference=0.5, low=None, high=None,
    margin=0.05 + MARGIN_POINTS, verdict="agrees", chance=0.0,
)  # fmt: skip


def _one(cell: Cell, **margins: float) -> Equivalence:
    (found,) = equivalences(Comparison("switch-relapse", (cell,)), **margins)
    return found


def _sample(mean: float, sd: float, n: int = 10) -> np.ndarray:
    scores = stats.zscore(np.random.default_rng(n).normal(size=n), ddof=1)
    return mean + sd * scores


def test_the_two_tests_are_those_of_statsmodels() -> None:
    theirs, ours = _sample(90.5, 3.0 * math.sqrt(10 / 9)), _sample(91.0, 2.0)
    margin = 5.0 - 0.05  # the printed rounding is taken off the margin
    expected = CompareMeans(DescrStatsW(ours), DescrStatsW(theirs)).ttost_ind(-margin, margin, usevar="unequal")[0]
    found = _one(CELL)
    assert found.p == pytest.approx(expected)
    assert found.verdict == "equivalent"
    assert found.method == "Welch"


def test_equivalent_at_5_percent_is_a_90_percent_interval_within_the_margin() -> None:
    for shift in np.linspace(-8, 8, 33):
        found = _one(replace(CELL, mean=90.5 + shift, difference=float(shift)))
        assert found.p is not None
        assert found.smallest_margin is not None
        assert (found.verdict == "equivalent") == (found.p <= 0.05) == (found.smallest_margin <= 5.0)


def test_the_smallest_margin_is_where_the_verdict_turns() -> None:
    smallest = _one(CELL).smallest_margin
    assert smallest is not None
    assert _one(CELL, points=smallest + 1e-6).verdict == "equivalent"
    assert _one(CELL, points=smallest - 1e-6).verdict == "not shown"


def test_printed_sds_are_population_sds() -> None:
    found = _one(CELL)
    half = stats.t.ppf(0.975, 9) * 3.0 * math.sqrt(10 / 9) / math.sqrt(10)
    assert (found.published_low, found.published_high) == pytest.approx((90.5 - half, 90.5 + half))
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 9, 91.0, 2.0 / math.sqrt(10)))


@pytest.mark.parametrize(
    ("yes1", "n1", "yes2", "n2"), [(9, 10, 10, 10), (0, 10, 0, 10), (3, 12, 7, 10), (40, 90, 10, 80)]
)
def test_shares_of_subjects_have_newcombes_interval(yes1: int, n1: int, yes2: int, n2: int) -> None:
    theirs = confint_proportions_2indep(yes1, n1, yes2, n2, method="newcomb", alpha=0.05)
    assert newcombe(yes1, n1, yes2, n2, 0.95) == pytest.approx([100 * end for end in theirs])


def test_two_shares_at_the_same_bound_are_not_known_to_be_equal() -> None:
    cell = replace(
        CELL, outcome="manic_relapse", published_mean=0.0, published_sd=0.0, mean=0.0, sd=0.0, difference=0.0
    )
    found = _one(cell)
    assert (found.method, found.p, found.verdict) == ("Newcombe", None, "not shown")
    assert found.smallest_margin == pytest.approx(
        100 * 1.6449**2 / (10 + 1.6449**2) + 0.05, abs=0.01
    )  # Wilson at 0 of 10


def test_where_neither_side_varies_the_difference_is_all_there_is() -> None:
    same = replace(CELL, published_mean=100.0, published_sd=0.0, mean=100.0, sd=0.0, difference=0.0)
    assert (_one(same).method, _one(same).verdict) == ("constant", "constant")
    far = replace(same, mean=90.0, difference=-10.0)
    assert (_one(far).verdict, _one(far).p) == ("not shown", None)


@pytest.mark.parametrize(
    "cell",
    [
        replace(CELL, mean=None, sd=None, n=0, difference=None),
        replace(CELL, sd=None, n=1),
        replace(CELL, published_sd=None),
    ],
)
def test_what_cannot_be_tested_is_left_open(cell: Cell) -> None:
    found = _one(cell)
    assert found.verdict == ("not run" if cell.mean is None else "not shown")
    assert (found.p, found.smallest_margin, found.inner_low, found.method) == (None, None, None, "")


def test_every_published_cell_that_is_measured_is_tested() -> None:
    from resynapse.publication.comparison import compare

    cells = published("switch-relapse")
    assert cells.schema["n"] == pl.Int64
    nothing = pl.DataFrame(schema={"arm": pl.String, "condition": pl.String, "outcome": pl.String, "value": pl.Float64})
    found = equivalences(compare("switch-relapse", nothing))
    assert len(found) == cells.filter(~pl.col("outcome").is_in(SETTINGS)).height
    assert {e.verdict for e in found} == {"not run"}


def test_a_true_difference_at_the_margin_is_called_equivalent_at_most_as_often_as_it_may() -> None:
    rng = np.random.default_rng(5)
    calls = 0
    for _ in range(400):
        theirs, ours = rng.normal(85.5, 3.0, 10), rng.normal(90.5, 3.0, 10)
        cell = replace(
            CELL, published_mean=float(theirs.mean()), published_sd=float(theirs.std()), mean=float(ours.mean()),
            sd=float(ours.std(ddof=1)), difference=float(ours.mean() - theirs.mean()),
        )  # fmt: skip
        calls += _one(cell).verdict == "equivalent"
    assert calls / 400 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)
