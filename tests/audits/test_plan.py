"""The tree of an audit: everything that the protocol had, and more of it at each depth."""

from __future__ import annotations

from itertools import pairwise

import pytest

import resynapse as rs
from resynapse.audits.claim_library import claims_of
from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import SUBJECTS, AuditPlan, judged_as_it_is, plan
from resynapse.audits.without_maintenance import without_maintenance

PROTOCOL = rs.load("switch-relapse")
CLAIMS = claims_of(PROTOCOL)
DEPTHS: tuple[Depth, ...] = ("light", "quick", "standard", "full")


@pytest.fixture(scope="module")
def plans() -> dict[Depth, AuditPlan]:
    return {depth: plan(PROTOCOL, CLAIMS, depth) for depth in DEPTHS}


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_arms_of_the_protocol_and_its_claims_are_in_the_tree(plans: dict[Depth, AuditPlan], depth: Depth) -> None:
    planned = plans[depth]
    assert planned.source == (PROTOCOL if depth != "light" else without_maintenance(PROTOCOL))
    assert planned.claims == CLAIMS
    assert planned.subjects == SUBJECTS[depth]
    assert set(PROTOCOL.arms) <= set(planned.protocol.arms)
    read = {m.arm for claim in CLAIMS for test in claim.tests for m in test.measures}
    assert read <= set(planned.protocol.routes)


def test_a_deeper_audit_has_every_row_and_arm_of_a_shallower_one(plans: dict[Depth, AuditPlan]) -> None:
    # a light one follows nothing after the treatments, so that more of its changes train nothing
    for less, more in pairwise(DEPTHS[1:]):
        assert {a.name for a in plans[less].amendments} < {a.name for a in plans[more].amendments}
        assert set(plans[less].protocol.variants) < set(plans[more].protocol.variants)


def test_what_is_shortened_is_told_and_a_full_audit_shortens_nothing(plans: dict[Depth, AuditPlan]) -> None:
    for depth, planned in plans.items():
        shortened = [a.name for a in planned.amendments if a.shortened]
        assert all(any(name in text for text in planned.reduced) for name in shortened)
        assert bool(shortened) == (depth in ("quick", "standard"))


def test_a_finished_run_is_judged_by_its_own_controls_alone(plans: dict[Depth, AuditPlan]) -> None:
    tree = plans["quick"].protocol
    judged = judged_as_it_is(tree, CLAIMS)
    assert judged.protocol.routes == tree.routes
    assert {a.name for a in judged.amendments} <= {v.control for v in tree.variants.values()}
    own = {v.control for v in PROTOCOL.variants.values()}
    assert {a.name for a in judged_as_it_is(PROTOCOL, CLAIMS).amendments} == own
