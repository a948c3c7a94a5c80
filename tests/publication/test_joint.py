"""All cells together: calibrated when nothing differs, and a common shift is found."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.analysis.made import as_published

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.publication.agreement import Agreement, agreement
from resynapse.publication.comparison import Cell, Comparison
from resynapse.publication.joint import FEWEST, Joint, joint


def _agreement(subjects: int = 40, **made: float | bool) -> Agreement:
    protocol = rs.load("switch-relapse")
    return agreement(as_published(protocol, subjects, **made), protocol)  # type: ignore[arg-type]


def _joint(found: Agreement) -> Joint:
    assert found.joint is not None
    return found.joint


@pytest.fixture(scope="module")
def same() -> Joint:
    return _joint(_agreement())


@pytest.fixture(scope="module")
def moved() -> Joint:
    return _joint(_agreement(shift=4.0))


def test_only_cells_with_room_for_a_shift_are_taken(same: Joint) -> None:
    assert 0 < same.cells < 55
    assert same.ratios <= 55


def test_by_chance_one_in_twenty_differs_at_most(same: Joint) -> None:
    # the margin only takes verdicts away; ten redrawn of forty are normal enough for one point more
    assert same.by_chance <= 0.06 * same.cells
    assert same.differ == 0
    assert same.by_chance < same.by_shift


def test_cells_that_move_together_say_less(same: Joint) -> None:
    """One score in all cells: as many differ by chance, but all at once, and their mean is known less well."""
    apart = _joint(_agreement(common=False))
    assert apart.by_chance == pytest.approx(same.by_chance, abs=0.03 * same.cells)
    # the mean over k cells has an SE of about 1/sqrt(k) of what it has where they move as one
    assert same.high - same.low > 0.5 * math.sqrt(apart.cells) * (apart.high - apart.low)


def test_the_mean_difference_is_found_within_its_interval(same: Joint, moved: Joint) -> None:
    for found, shift in ((same, 0.0), (moved, 4.0)):
        assert found.mean == pytest.approx(shift, abs=1e-6)
        assert found.low < shift < found.high
        assert found.high - found.low == pytest.approx(same.high - same.low, rel=1e-6)


def test_more_cells_that_differ_exclude_less(same: Joint, moved: Joint) -> None:
    assert same.excluded is not None
    assert moved.differ > same.differ
    assert moved.excluded is None or moved.excluded >= same.excluded


def test_few_subjects_gaps_and_no_cells_are_left_out() -> None:
    protocol = rs.load("switch-relapse")
    assert _agreement(FEWEST - 1).joint is None
    table = as_published(protocol, 10)
    gap = table.filter((pl.col("arm") != "ssri") | (pl.col("subject") > 0))
    assert agreement(gap, protocol).joint is None
    assert joint([], [], 0, Cells.of(table)) is None


def _one(values: np.ndarray, theirs: np.ndarray) -> tuple[list[Cell], Cells]:
    table = pl.DataFrame(
        {"arm": "a", "condition": "acute", "outcome": "acc_combined", "subject": range(len(values)), "value": values}
    )
    cell = Cell(
        table="t", arm="a", condition="acute", outcome="acc_combined", unit="pct",
        published_mean=float(theirs.mean()), published_sd=float(theirs.std()), published_n=len(theirs),
        mean=float(values.mean()), sd=float(values.std(ddof=1)), n=len(values),
        difference=float(values.mean() - theirs.mean()), low=None, high=None, margin=0.55, verdict="agrees", chance=0.0,
    )  # fmt: skip
    assert Comparison("x", (cell,)).count("agrees") == 1
    return [cell], Cells.of(table)


def test_the_interval_of_the_mean_difference_covers() -> None:
    rng = np.random.default_rng(8)
    trials, covered = 60, 0
    for _ in range(trials):
        chosen, cells = _one(rng.normal(60, 8, 40), rng.normal(57, 8, 10))
        found = joint(chosen, chosen, 0, cells)
        assert found is not None
        covered += found.low <= 3.0 <= found.high
    assert covered / trials >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / trials)
