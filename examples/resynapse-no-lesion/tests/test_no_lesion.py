"""The control is found by its entry point, changes the structural test alone, and is a row of an audit."""

import pytest

import resynapse as rs
from resynapse.audits.audit import plan
from resynapse.controls import controls
from resynapse.errors import ProtocolError

PROTOCOL = """
name: lesioned
task: {kind: gaussian-blobs, train: 128, test: 64, clean: 16}
network: {hidden: [12]}
induction: [{train: {epochs: 2, lr: 5.0e-3}}]
arms: {untreated: []}
follow_up:
  - assess: {condition: acute, outcomes: [acc_clean, sparsity]}
  - fork: [{prune_more: {of_active: 0.5}}, {assess: {condition: lesioned, outcomes: [acc_clean, sparsity]}}]
claims:
  - {id: hurts, statement: A lesion removes connections., tests: [{mean: {of: sparsity of untreated at lesioned, above: 0.4}}]}
"""


def test_it_is_one_of_the_controls() -> None:
    assert controls()["no-lesion"].role == "sweep"


def test_without_the_loss_the_lesioned_network_is_the_one_before() -> None:
    table = rs.run(rs.controlled(rs.loads(PROTOCOL), "no-lesion"), subjects=1, workers=1).table()
    found = {(r["arm"], r["condition"], r["outcome"]): r["value"] for r in table.to_dicts()}
    assert found["untreated", "lesioned", "sparsity"] > found["untreated", "acute", "sparsity"]
    for outcome in ("acc_clean", "sparsity"):
        kept = found["untreated:no-lesion", "lesioned", outcome]
        assert kept == found["untreated", "acute", outcome]


def test_an_audit_reads_every_claim_in_it() -> None:
    protocol = rs.loads(PROTOCOL)
    planned = plan(protocol, protocol.claims, "quick")
    assert ("depth of the lesion", "remove", "no-lesion") in [
        (r.constant, r.action, r.name) for r in planned.amendments
    ]


def test_a_protocol_without_a_structural_test_says_why_nothing_changes() -> None:
    bare = rs.loads("{name: bare, arms: {a: [assess: {condition: acute, outcomes: [acc_clean]}]}}")
    with pytest.raises(ProtocolError, match="no arm has a structural test"):
        rs.controlled(bare, "no-lesion")
