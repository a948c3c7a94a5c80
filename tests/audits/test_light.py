"""An audit that dear networks can afford: nothing is trained after the treatments, and the rest is said not to be tested."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.audits.claim_library import claims_of
from resynapse.audits.plan import plan
from resynapse.audits.without_maintenance import without_maintenance
from resynapse.protocol import Train
from resynapse.protocol.conditions import base
from resynapse.protocol.node import every
from resynapse.protocol.routes import assessments, epochs

RECURRENT = rs.load("gru-kindling")
LATER = {"relapse-order", "duration", "structural", "regrowth-protects", "kindling"}
"""Claims about what comes after maintenance."""


@pytest.mark.parametrize("name", ["gru-kindling", "switch-relapse", "kindling", "chronic-stress"])
def test_without_maintenance_the_follow_up_trains_nothing_and_begins_as_before(name: str) -> None:
    whole = rs.load(name)
    cut = without_maintenance(whole)
    assert not [node for node in every(cut.follow_up) if isinstance(node.step, Train)]
    assert [node for node in every(cut.follow_up) if node.step is not None]
    for arm, route in cut.routes.items():
        before = dict(assessments(whole.routes[arm]))
        assert all(before[condition] == step for condition, step in assessments(route))
    counts = Counter(base(c) for c in {c for route in cut.routes.values() for c, _ in assessments(route)})
    wanted = Counter(base(c) for c in {c for route in whole.routes.values() for c, _ in assessments(route)})
    assert counts.items() <= wanted.items()
    assert cut.arms == whole.arms


def test_a_light_audit_of_the_sequel_trains_the_treatments_the_sham_arms_and_the_reference_alone() -> None:
    planned = plan(RECURRENT, claims_of(RECURRENT), "light")
    # 20 epochs of the induction; treatments of 15, 100 and 10 epochs, and ketamine-like without its mechanism again
    read = {measure.arm for claim in planned.claims for test in claim.tests for measure in test.measures}
    assert {arm.partition(":")[2] for arm in read} == {"", "sham", "healthy"}
    assert epochs(planned.protocol.routes) == 20 + (15 + 100 + 10) + 15
    names = {row.name for row in planned.amendments}
    assert {"many-draws", "own-scale-noise", "calibrated-probe", "zero-mean-noise", "pulse", "matched-lesion"} <= names
    assert "matched-exposure" not in names
    assert not any(row.retrains for row in planned.amendments)


def test_it_runs_end_to_end_in_miniature_and_says_what_is_not_tested(tmp_path: Path) -> None:
    found = rs.audit(miniature(RECURRENT), depth="light", subjects=2, out=tmp_path / "audit", workers=1)
    verdicts = {entry.id: entry for entry in found.claims}
    assert list(verdicts) == [claim.id for claim in claims_of(RECURRENT)]
    for claim in LATER:
        assert verdicts[claim].verdict == "not testable here"
        assert "does not measure" in verdicts[claim].sentence
    assert verdicts["sparsity"].verdict == "by construction"
    assert verdicts["clinical"].verdict == "not testable here"
    # a miniature has other counts, so that there is no tenth epoch
    tested = set(verdicts) - LATER - {"sparsity", "clinical", "onset"}
    assert all(verdicts[claim].verdict != "not testable here" for claim in tested)
    assert all("matched-exposure" in verdicts[claim].not_run for claim in tested)
    assert any("nothing is trained after the treatments" in text for text in found.reduced)
    assert {cell.scenario for cell in found.matrix} >= {"pulse", "zero-mean-noise", "calibrated-probe"}
