"""The matrix: a reading in a scenario, beside the run over the same counts."""

from __future__ import annotations

from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit
from resynapse.audits.findings import WORST_FIRST
from resynapse.audits.matrix import alike, status_of
from resynapse.audits.scenarios import Scenario
from resynapse.protocol.claim_tests import Mean
from resynapse.protocol.claims import Reading


def test_the_worst_test_decides_a_reading(cells: Cells) -> None:
    holds, fails, missing = (
        Mean(of=of, above=limit)
        for of, limit in (("score of a at acute", 0), ("score of a at acute", 99), ("z of a at acute", 0))
    )
    for tests in ((holds,), (holds, fails), (fails, holds), (holds, missing, fails)):
        status, findings = status_of(Reading(tests=tests), cells)
        assert status == min((finding.status for finding in findings), key=WORST_FIRST.index)
    assert status == "missing"


def test_a_run_is_read_over_the_counts_that_the_scenario_has(cells: Cells) -> None:
    scenario = Scenario(name="s", arms={"a": "b"})
    kept = alike(cells, scenario)
    assert {key.condition for key in kept.keys if key.arm == "a" and key.outcome == "score"} == {"acute", "later=3"}
    assert [key for key in kept.keys if key.arm == "b"] == [key for key in cells.keys if key.arm == "b"]


def test_a_cell_has_a_shift_where_it_was_paired_and_is_moved_only_with_one(audited: Audit) -> None:
    for cell in audited.matrix:
        assert (cell.q is None) == (cell.p is None)
        assert not cell.moved or cell.shift != 0
        assert cell.plain()["changed"] == (cell.before != cell.after)
