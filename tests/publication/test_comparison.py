"""The comparison with the publication: every cell, honest intervals, verdicts that follow the rule."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from resynapse.analysis.summaries import CELL, summary
from resynapse.errors import ResynapseError
from resynapse.publication.comparison import (
    MARGIN_ABSOLUTE,
    MARGIN_POINTS,
    Cell,
    compare,
    protocols_with_tables,
    published,
    welch,
)


def _as_run(cells: pl.DataFrame, subjects: int = 10, shift: float = 0.0, spread: float = 1.0) -> pl.DataFrame:
    """A table whose cells have the published means (shifted) and SDs (times spread)."""
    scores = np.tile([-1.0, 1.0], subjects)[:subjects]
    rows = []
    for r in cells.iter_rows(named=True):
        for subject in range(subjects):
            value = float(r["mean"]) + shift + spread * float(r["sd"] or 0.0) * scores[subject]
            value = min(value, 100.0) if r["outcome"] == "manic_relapse" else value
            rows.append({**{k: r[k] for k in CELL}, "subject": subject, "value": value})
    return pl.DataFrame(rows)


@pytest.mark.parametrize(("protocol", "count"), [("switch-relapse", 129), ("manic-switch", 54)])
def test_every_published_cell_is_compared(protocol: str, count: int) -> None:
    cells = published(protocol)
    assert cells.height == count
    assert cells.select(CELL).is_unique().all()
    found = compare(protocol, _as_run(cells))
    assert len(found.cells) == count
    assert found.count("agrees") == count


@pytest.mark.parametrize("protocol", protocols_with_tables())
def test_published_cells_are_complete_and_possible(protocol: str) -> None:
    cells = published(protocol)
    assert cells["n"].to_list() == [10] * cells.height
    assert cells["unit"].is_in(["pct", "pp", "abs"]).all()
    percent = cells.filter(unit="pct")["mean"].cast(pl.Float64)
    assert percent.is_between(0, 100).all()


def test_the_margin_is_printed_rounding_plus_what_counts_as_none() -> None:
    cells = {
        (c.arm, c.condition, c.outcome): c
        for c in compare("switch-relapse", _as_run(published("switch-relapse"))).cells
    }
    assert cells["ssri", "acute", "acc_combined"].margin == pytest.approx(0.05 + MARGIN_POINTS)
    assert cells["ssri", "acute", "relapse_drop"].margin == pytest.approx(0.05 + MARGIN_POINTS)
    # printed with three decimals, though 0.39 and 0.1 have lost their zeros
    assert cells["ssri", "acute", "activation_magnitude"].margin == pytest.approx(0.0005 + MARGIN_ABSOLUTE)


def test_a_shift_beyond_margin_and_interval_differs() -> None:
    cells = published("switch-relapse")
    far = compare("switch-relapse", _as_run(cells, shift=30.0))
    for cell in far.cells:
        if cell.low is not None:
            assert cell.verdict == ("differs" if cell.low > 0 else "agrees"), cell
    assert far.count("differs") > 100


def test_without_a_published_sd_the_margin_decides() -> None:
    cells = published("switch-relapse").filter(pl.col("outcome") == "effective_gain")
    near, far = (compare("switch-relapse", _as_run(cells, shift=s)) for s in (0.0, 0.5))
    ours = [c for c in near.cells if c.outcome == "effective_gain"]
    assert {c.verdict for c in ours} == {"agrees"}
    assert {c.low for c in ours} == {None}
    assert {c.verdict for c in far.cells if c.outcome == "effective_gain"} == {"differs"}


def test_one_subject_gives_no_interval_and_is_undecided_beyond_the_margin() -> None:
    cells = published("switch-relapse")
    one = compare("switch-relapse", _as_run(cells, subjects=1, shift=3.0, spread=0.0))
    assert {c.low for c in one.cells} == {None}
    # shares of 100 % have no room for the shift
    assert {c.verdict for c in one.cells if c.outcome != "manic_relapse"} == {"undecided"}
    assert one.expected_by_chance == 0.0


def test_arms_that_were_not_run_are_said_to_be_missing() -> None:
    cells = published("switch-relapse")
    part = compare("switch-relapse", _as_run(cells.filter(arm="untreated")))
    assert part.count("not run") == cells.filter(pl.col("arm") != "untreated").height
    assert all(c.mean is None and c.difference is None for c in part.cells if c.verdict == "not run")


def test_a_protocol_without_tables_says_which_have_them() -> None:
    with pytest.raises(ResynapseError, match="manic-switch, switch-relapse"):
        compare("demo", pl.DataFrame())


samples = st.lists(st.floats(-100, 100), min_size=2, max_size=12)


@given(samples, samples)
def test_the_interval_is_the_one_of_scipy(a: list[float], b: list[float]) -> None:
    sd1, sd2 = float(np.std(a, ddof=1)), float(np.std(b, ddof=1))
    if min(sd1, sd2) < 1e-3:
        return
    half, _, _ = welch(sd1, len(a), sd2, len(b))
    theirs = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert half == pytest.approx((theirs.high - theirs.low) / 2, rel=1e-6)


def test_published_sds_are_population_sds_and_are_converted() -> None:
    cells = published("switch-relapse").filter((pl.col("arm") == "ssri") & (pl.col("outcome") == "acc_combined"))
    found = [c for c in compare("switch-relapse", _as_run(cells)).cells if c.verdict != "not run"]
    (cell,) = found
    s1 = 3.0 * math.sqrt(10 / 9)
    assert cell.sd is not None
    assert cell.sd == pytest.approx(s1)
    half, _, _ = welch(s1, 10, cell.sd, 10)
    assert cell.low == pytest.approx(-half)
    assert cell.high == pytest.approx(half)


def test_the_sd_of_a_share_of_subjects_follows_from_its_mean() -> None:
    cell = _find(compare("switch-relapse", _as_run(published("switch-relapse"))).cells, "ssri", "maintenance=150")
    assert cell.published_mean == 90.0
    assert cell.published_sd == pytest.approx(np.std([0.0] + [100.0] * 9))


def test_chance_alone_differs_as_often_as_it_says() -> None:
    """Two samples from one population, many times: the share called `differs` is the cell's own chance."""
    rng = np.random.default_rng(1)
    calls, chances = 0, []
    cells = published("switch-relapse").filter((pl.col("arm") == "ssri") & (pl.col("outcome") == "acc_combined"))
    for _ in range(2000):
        theirs, ours = rng.normal(90.5, 3.0, 10), rng.normal(90.5, 3.0, 10)
        half, df, error = welch(float(np.std(theirs, ddof=1)), 10, float(np.std(ours, ddof=1)), 10)
        margin = 0.05 + MARGIN_POINTS
        difference = abs(float(theirs.mean() - ours.mean()))
        calls += difference > half and difference > margin
        chances.append(2 * stats.t.sf(max(half, margin) / error, df))
    expected = float(np.mean(chances))
    assert cells.height == 1
    # five binomial standard errors of 2000 trials
    assert abs(calls / 2000 - expected) < 5 * math.sqrt(expected * (1 - expected) / 2000)


def test_summaries_are_means_and_sample_sds() -> None:
    table = pl.DataFrame(
        {"arm": ["a"] * 3, "condition": ["c"] * 3, "outcome": ["o"] * 3, "subject": [0, 1, 2], "value": [1.0, 2.0, 6.0]}
    )
    assert summary(table).rows() == [("a", "c", "o", 3.0, float(np.std([1, 2, 6], ddof=1)), 3)]
    assert summary(table.head(1)).rows() == [("a", "c", "o", 1.0, None, 1)]


def _find(cells: tuple[Cell, ...], arm: str, condition: str) -> Cell:
    return next(c for c in cells if (c.arm, c.condition, c.outcome) == (arm, condition, "manic_relapse"))
