"""An independent twin: acute outcomes of the plain PyTorch loop and of resynapse come from the same distribution.

The loop is written from the description of the model alone, with torch's own generators, so no subject is the same. The
publication's size is kept, maintenance left out.

Give finished subjects by two folders and the tests take them as they are:

    python -m benchmarks.twin twins --subjects 20
    resynapse run switch-relapse --subjects 50 --out fifty
    RESYNAPSE_TWINS=twins RESYNAPSE_RUN=fifty pytest verification/test_torch_twin.py -s

Without them, four twins and ten subjects are computed. That is a smoke test: after Bonferroni over 48 cells it sees
a difference of means of three to four SDs.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.families import SETTINGS
from resynapse.publication.comparison import MARGIN_ABSOLUTE, MARGIN_POINTS
from resynapse.publication.two_cohorts import Together, two_samples

pytest.importorskip("torch")

from benchmarks.twin import compute, read

TWINS, SUBJECTS = 4, 10
ENOUGH = 20
"""Twins from which on the whole comparison is no smoke test any more."""
FAMILY_LEVEL = 0.05


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[Cell, list[float]]:
    """Values of the loop by arm, condition and outcome."""
    named = os.environ.get("RESYNAPSE_TWINS")
    folder = Path(named) if named else tmp_path_factory.mktemp("twins")
    if named is None:
        print(f"\nsmoke test: {TWINS} twins only; name a folder of {ENOUGH} by RESYNAPSE_TWINS")
        compute(folder, TWINS)
    return {Cell(*name): values for name, values in read(folder).items()}


@pytest.fixture(scope="module")
def ours() -> Cells:
    """The same cells of resynapse: manic-switch is switch-relapse without its longitudinal part."""
    named = os.environ.get("RESYNAPSE_RUN")
    done = rs.Run(named) if named else rs.run(rs.load("manic-switch"), subjects=SUBJECTS)
    return Cells.of(done.table())


@pytest.fixture(scope="module")
def measured(theirs: dict[Cell, list[float]]) -> list[Cell]:
    return [name for name in theirs if name.outcome not in SETTINGS]


@pytest.fixture(scope="module")
def together(theirs: dict[Cell, list[float]], ours: Cells, measured: list[Cell]) -> Together:
    """Both cohorts, cell by cell and together."""
    return two_samples(ours.only(measured).values, np.array([theirs[name] for name in measured]).T)


def test_settings_are_equal(theirs: dict[Cell, list[float]], ours: Cells) -> None:
    for name, values in theirs.items():
        if name.outcome in SETTINGS:
            column = ours.column(*name)
            assert column is not None
            assert values == pytest.approx([column[0]] * len(values), abs=0.01), name


def test_every_acute_outcome_has_the_same_mean(measured: list[Cell], together: Together) -> None:
    """Welch, Bonferroni over the cells; beyond the difference that counts as none beside the publication too."""
    assert len(measured) == 4 * 11 + 4
    beyond = []
    for name, one in zip(measured, together.cells, strict=True):
        p = "" if one.p is None else f"p = {one.p:.4f}"
        print(f"{' '.join(name):50s} twin {one.other_mean:8.3f} ours {one.mean:8.3f}  {p}")
        none = MARGIN_ABSOLUTE if name.outcome == "activation_magnitude" else MARGIN_POINTS
        if one.p is not None and one.p < FAMILY_LEVEL / len(measured) and abs(one.difference) > none:
            beyond.append((name, one.difference, one.p))
    assert beyond == []


def test_every_acute_outcome_has_the_same_spread(measured: list[Cell], together: Together) -> None:
    """Brown and Forsythe, Bonferroni over the cells."""
    beyond = []
    for name, one in zip(measured, together.cells, strict=True):
        p = "" if one.spread_p is None else f"p = {one.spread_p:.4f}"
        print(f"{' '.join(name):50s} twin {one.other_sd:8.3f} ours {one.sd:8.3f}  {p}")
        if one.spread_p is not None and one.spread_p < FAMILY_LEVEL / len(measured):
            beyond.append((name, one.ratio, one.spread_p))
    assert beyond == []


def test_together_the_cells_are_apart_no_more_than_by_chance(together: Together) -> None:
    """Whole subjects permuted between the cohorts: exact, and cells keep their dependence."""
    print(
        f"\n{together.n} of ours, {together.other_n} twins: means apart at 5 % in {together.means_apart} of "
        f"{len(together.cells)} cells (p = {together.means_p:.3f}), spreads in {together.spreads_apart} "
        f"(p = {together.spreads_p:.3f})"
    )
    if together.other_n < ENOUGH:
        pytest.skip(f"{together.other_n} twins are a smoke test; {ENOUGH} say more")
    assert together.means_p > FAMILY_LEVEL / 2
    assert together.spreads_p > FAMILY_LEVEL / 2
