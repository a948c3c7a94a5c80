"""Calibration: the strength at which the intact network keeps a share, found between the strengths that were tested."""

from __future__ import annotations

import numpy as np
import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.analysis.calibration import ARM, CONDITION, PLAIN, at_calibrated, calibrating, calibration
from resynapse.analysis.cells import Cell, Cells
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import Assess, Prune, dumps, loads
from resynapse.runs.walk import walk

STRENGTHS = [0.0, 1.0, 2.0]
DEMO = rs.load("demo")


def _cells(plain: list[float], *accuracies: list[float]) -> Cells:
    names = [PLAIN, *(f"acc_biased_{s:g}" for s in STRENGTHS)]
    keys = tuple(Cell(ARM, CONDITION, name) for name in names)
    return Cells(np.arange(len(plain)), keys, np.array([plain, *accuracies]).T)


def test_the_strength_is_where_the_stated_share_above_chance_is_left() -> None:
    """Chance is 25 %, so half of 100 % is 62.5 %: a straight line from 100 to 25 % over one unit has it at one half."""
    cells = _cells([100.0, 100.0], [100.0, 100.0], [25.0, 100.0], [25.0, 25.0])
    found = calibration(cells, DEMO, "acc_biased", STRENGTHS, 0.5)
    np.testing.assert_allclose(found.found, [0.5, 1.5])
    assert found.outcome == "acc_biased_1"


def test_a_share_that_no_strength_reaches_is_no_number() -> None:
    cells = _cells([100.0], [100.0], [99.0], [98.0])
    found = calibration(cells, DEMO, "acc_biased", STRENGTHS, 0.5)
    assert found.outcome is None
    assert found.beneath == 0


def test_who_keeps_less_at_the_lowest_strength_already_is_counted_apart() -> None:
    cells = _cells([100.0, 100.0], [50.0, 100.0], [25.0, 25.0], [25.0, 25.0])
    found = calibration(cells, DEMO, "acc_biased", STRENGTHS, 0.5)
    assert (found.beneath, found.without, found.outcome) == (1, 1, None)


def test_the_intact_network_is_that_of_the_control_healthy() -> None:
    """The same numbers, bit for bit: nothing but the losses is left out of the induction."""
    small = miniature(DEMO)
    healthy = rs.controlled(small, "healthy").only(["untreated", "untreated:healthy"])
    reference = engine("reference")
    wanted = {
        row.outcome: row.value
        for row in walk(healthy, Subject(1, 0), reference)
        if (row.arm, row.condition) == ("untreated:healthy", "acute")
    }
    plan = calibrating(small, "acc_internal", [0.0, 0.5])
    assert not any(isinstance(node.step, Prune) for node in plan.nodes)
    found = {row.outcome: row.value for row in walk(plan, Subject(1, 0), reference)}
    assert found["acc_standard"] == wanted["acc_standard"]


def test_the_comparison_measures_the_calibrated_outcome_beside_its_family() -> None:
    changed = at_calibrated(DEMO, "acc_biased", "acc_biased_1.73")
    for before, after in zip(DEMO.nodes, changed.nodes, strict=True):
        if isinstance(before.step, Assess) and isinstance(after.step, Assess):
            extra = set(after.step.outcomes) - set(before.step.outcomes)
            family = any(name.startswith("acc_biased_") for name in before.step.outcomes)
            assert extra == ({"acc_biased_1.73"} if family else set())
    assert loads(dumps(changed)) == changed


@pytest.mark.parametrize(
    ("family", "strengths", "message"),
    [("sparsity", STRENGTHS, "no family"), ("acc_bias", STRENGTHS, "acc_biased"), ("acc_biased", [1.0], "two or more")],
)
def test_what_cannot_be_calibrated_is_one_line(family: str, strengths: list[float], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        calibrating(DEMO, family, strengths)
