"""Tests as weights on cells: the same weights read a run and a published table."""

from __future__ import annotations

from collections.abc import Collection

from resynapse.audits.scenarios import AS_RUN, Scenario
from resynapse.protocol.claim_tests import Cell, Combination, Combinations, Measure, Measured, Test
from resynapse.protocol.conditions import Condition

__all__ = ["Combination", "Combinations", "combinations"]


def combinations(test: Test, known: Collection[Cell], scenario: Scenario = AS_RUN) -> Combinations:
    """The combinations of cells that a test is about.

    Parameters
    ----------
    known : cells that have values.
    scenario : where the test is read.
    """

    def read(measure: Measure) -> Measured:
        there = scenario.read(measure)
        return Measured(there, tuple(_conditions(there, known)))

    return test.combinations(read)


def _conditions(measure: Measure, known: Collection[Cell]) -> list[str]:
    """The condition itself, or all counts of it, ascending."""
    if Cell(measure.arm, measure.condition, measure.outcome) in known:
        return [measure.condition]
    same = [c.condition for c in known if c.arm == measure.arm and c.outcome == measure.outcome]
    found = [(Condition.parse(condition), condition) for condition in same]
    counts = [(one.counts[-1:], condition) for one, condition in found if one.name == measure.condition]
    return [condition for _, condition in sorted(counts, key=lambda pair: pair[0])]
