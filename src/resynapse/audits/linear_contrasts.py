"""Tests as weights on cells: the same weights read a run and a published table."""

from __future__ import annotations

from resynapse.analysis.cells import Index
from resynapse.audits.scenarios import AS_RUN, Scenario
from resynapse.protocol.claim_tests import Combination, Combinations, Measure, Measured, Test

__all__ = ["Combination", "Combinations", "combinations"]


def combinations(test: Test, known: Index, scenario: Scenario = AS_RUN) -> Combinations:
    """The combinations of cells that a test is about.

    Parameters
    ----------
    known : cells that have values.
    scenario : where the test is read.
    """

    def read(measure: Measure) -> Measured:
        there = scenario.read(measure)
        return Measured(there, known.conditions(there.arm, there.condition, there.outcome))

    return test.combinations(read)
