"""The control that is proposed for a changed value leaves the change and takes away something else, or says that none does."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.controls import controls
from resynapse.controls.isolating import isolating, takes_away
from resynapse.protocol import amended

CHANGES = {
    "gain": "arms.ketamine.drug.gain=1.5",
    "regrowth": "arms.ketamine.regrow.of_pruned=0.25",
    "training": "arms.ketamine.train.epochs=3",
    "inhibition": "arms.neurosteroid.drug.inhibition=0.3",
    "induction": "induction[1].prune.sparsity=0.6",
    "washout": "follow_up[4].fork[1].decay.per_step=0.004",
    "protection": "follow_up.stabilise.protection=0.5",
    "noise draws": "follow_up[0].assess.draws=5",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("name", ["demo", "gru-demo"])
def test_a_change_is_kept_by_its_control_in_every_arm_that_it_reaches(name: str, change: str) -> None:
    protocol = rs.load(name)
    changed = amended(protocol, change)
    for arm in protocol.arms:
        found = isolating(protocol, changed, arm)
        if protocol.routes[arm] == changed.routes[arm]:
            assert found.control == ""
            assert arm in found.why
        elif found.control:
            assert controls()[found.control].role in ("nuisance", "ablation")
            assert takes_away(protocol, changed, arm, found.control) == ("takes the change itself away" in found.why)


def test_what_else_is_done_is_taken_away() -> None:
    protocol = rs.load("demo")
    expected = {"gain": "gain-only", "training": "sham", "regrowth": "no-gain"}
    for change, control in expected.items():
        found = isolating(protocol, amended(protocol, CHANGES[change]), "ketamine")
        assert found.control == control
        assert "keeps the change" in found.why


def test_a_measurement_is_not_isolated_by_another_treatment() -> None:
    protocol = rs.load("demo")
    changed = amended(protocol, CHANGES["noise draws"])
    proposed = {isolating(protocol, changed, arm).control for arm in protocol.arms}
    assert all(controls()[name].role == "nuisance" for name in filter(None, proposed))


def test_without_any_control_the_answer_says_so() -> None:
    bare = rs.loads("""
name: bare
task: {kind: gaussian-blobs}
network: {hidden: [8]}
induction: [{train: {epochs: 2, lr: 0.05}}]
arms: {untreated: []}
follow_up: [{assess: {condition: end, outcomes: [acc_standard]}}]
""")
    found = isolating(bare, amended(bare, "induction.train.epochs=3"), "untreated")
    assert found.control == ""
    assert found.why
