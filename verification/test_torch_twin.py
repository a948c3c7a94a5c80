"""An independent twin: acute outcomes of the plain PyTorch loop and of resynapse come from the same distribution.

The loop is written from the description of the model alone, with torch's own generators, so no subject is the same.
It takes some minutes: three subjects of 145 dense epochs each. The publication's size is kept, maintenance left out.
"""

from __future__ import annotations

import math
import statistics

import pytest
from scipy import stats

import resynapse as rs

torch = pytest.importorskip("torch")

from benchmarks.torch_loop import run_subject  # noqa: E402

TWINS, SUBJECTS = 3, 10
FAMILY_LEVEL = 0.05
SETTINGS = ("sparsity", "gain")
Cells = dict[tuple[str, str, str], list[float]]


@pytest.fixture(scope="module")
def theirs() -> Cells:
    """Values of the loop by arm, condition and outcome."""
    cells: Cells = {}
    for seed in range(TWINS):
        for arm, condition, outcome, value in run_subject(1000 + seed, maintenance=False):
            cells.setdefault((arm, condition, outcome), []).append(value)
    return cells


@pytest.fixture(scope="module")
def ours() -> Cells:
    """The same cells of resynapse: manic-switch is switch-relapse without its longitudinal part."""
    cells: Cells = {}
    table = rs.run(rs.load("manic-switch"), subjects=SUBJECTS).table()
    for row in table.iter_rows(named=True):
        cells.setdefault((row["arm"], row["condition"], row["outcome"]), []).append(row["value"])
    return cells


def test_settings_are_equal(theirs: Cells, ours: Cells) -> None:
    for cell, values in theirs.items():
        if cell[-1] in SETTINGS:
            assert values == pytest.approx([ours[cell][0]] * TWINS, abs=0.01), cell


def test_every_acute_outcome_has_the_same_mean(theirs: Cells, ours: Cells) -> None:
    """Student's t with the pooled variance of both, Bonferroni over the cells."""
    measured = [cell for cell in theirs if cell[-1] not in SETTINGS]
    assert len(measured) == 4 * 11 + 4
    beyond = []
    for cell in measured:
        a, b = theirs[cell], ours[cell]
        freedom = TWINS + SUBJECTS - 2
        squares = (TWINS - 1) * statistics.variance(a) + (SUBJECTS - 1) * statistics.variance(b)
        # at a ceiling all subjects may be equal: an accuracy is known no better than some test samples in 4 000
        floor = 0.0 if cell[-1] == "activation_magnitude" else 0.1**2
        error = math.sqrt(max(squares / freedom, floor) * (1 / TWINS + 1 / SUBJECTS))
        difference = statistics.fmean(a) - statistics.fmean(b)
        p = 2 * stats.t.sf(abs(difference) / error, freedom)
        print(f"{' '.join(cell):50s} {statistics.fmean(a):8.3f} {statistics.fmean(b):8.3f}  p = {p:.4f}")
        if p < FAMILY_LEVEL / len(measured):
            beyond.append((cell, difference, p))
    assert beyond == []
