"""Published cohorts among redrawn ones: calibrated also where rare failures make the spread."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from resynapse.analysis.cells import Cells
from resynapse.errors import ResynapseError
from resynapse.publication.comparison import Cell
from resynapse.publication.redrawn_cohorts import FEWEST, placed


def _made(ours: np.ndarray, theirs: np.ndarray) -> tuple[list[Cell], Cells]:
    """Columns as cells of one arm; the published side is printed with one decimal."""
    rows, chosen = [], []
    for column in range(ours.shape[1]):
        outcome = f"acc_internal_{column}.0"
        rows += [
            {"arm": "a", "condition": "acute", "outcome": outcome, "subject": i, "value": v}
            for i, v in enumerate(ours[:, column])
        ]
        mean, published = ours[:, column].mean(), theirs[:, column]
        cell = Cell(
            table="t", arm="a", condition="acute", outcome=outcome, unit="pct",
            published_mean=round(float(published.mean()), 1), published_sd=round(float(published.std()), 1),
            published_n=len(theirs), mean=float(mean), sd=float(ours[:, column].std(ddof=1)), n=len(ours),
            difference=0.0, low=None, high=None, margin=0.55, verdict="agrees", chance=0.0,
        )  # fmt: skip
        chosen.append(cell)
    return chosen, Cells.of(pl.DataFrame(rows))


def _rarely_failing(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """One subject in twelve fails in every outcome at once."""
    fails = rng.random((shape[0], 1)) < 1 / 12
    return np.where(fails, 75.0, 97.0) + rng.normal(0, 1.0, shape)


def test_equal_populations_are_apart_as_often_as_they_may() -> None:
    rng, trials, p = np.random.default_rng(4), 60, []
    for _ in range(trials):
        found = placed(*_made(_rarely_failing(rng, (200, 4)), _rarely_failing(rng, (10, 4))))
        p.append((found.means_apart_p, found.sds_apart_p, found.ratio_p))
    for column in np.array(p).T:
        # the redrawn population is an estimate of the true one, which costs up to as much again
        assert np.mean(column < 0.05) <= 0.1 + 4 * math.sqrt(0.1 * 0.9 / trials)


def test_a_narrower_publication_is_found_in_the_ratio() -> None:
    rng = np.random.default_rng(5)
    found = placed(*_made(rng.normal(60, 9, (100, 8)), rng.normal(60, 3, (10, 8))))
    assert found.ratio > 2
    assert found.ratio_p < 0.05
    assert found.sds_apart >= 6
    assert all(one.sd_below < 0.2 for one in found.cells)


def test_a_shifted_publication_is_found_in_the_means() -> None:
    rng = np.random.default_rng(6)
    found = placed(*_made(rng.normal(60, 5, (100, 4)), rng.normal(70, 5, (10, 4))))
    assert found.means_apart == 4
    assert found.means_apart_p < 0.05
    assert all(one.mean_below > 0.99 and one.mean_p < 0.02 for one in found.cells)


def test_a_cohort_that_prints_the_same_everywhere_is_in_the_middle() -> None:
    found = placed(*_made(np.full((FEWEST, 1), 100.0), np.full((10, 1), 100.0)))
    assert (found.cells[0].mean_below, found.cells[0].sd_below) == (0.5, 0.5)


def test_the_same_subjects_give_the_same_numbers() -> None:
    rng = np.random.default_rng(7)
    made = _made(rng.normal(60, 5, (40, 2)), rng.normal(60, 5, (10, 2)))
    assert placed(*made) == placed(*made)


def test_too_few_subjects_and_gaps_are_refused() -> None:
    rng = np.random.default_rng(8)
    chosen, cells = _made(rng.normal(60, 5, (FEWEST - 1, 1)), rng.normal(60, 5, (10, 1)))
    with pytest.raises(ResynapseError, match="too few"):
        placed(chosen, cells)
    chosen, cells = _made(rng.normal(60, 5, (FEWEST, 1)), rng.normal(60, 5, (10, 1)))
    with pytest.raises(ResynapseError, match="one size"):
        placed([], cells)
    cells.values[0, 0] = np.nan
    with pytest.raises(ResynapseError, match="gap"):
        placed(chosen, cells)
