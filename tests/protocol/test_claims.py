"""Claims in protocol files: read, written and refused like everything else."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.audits.shipped import claimed, claims_of
from resynapse.protocol import dumps, load, loads
from resynapse.runs.folder import Manifest

HEAD = "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_clean]}]}\n"


def with_claims(text: str) -> rs.Protocol:
    return loads(HEAD + "claims:\n" + text)


def test_claims_survive_a_round_trip() -> None:
    from dataclasses import replace

    protocol = replace(load("switch-relapse"), claims=claims_of(load("switch-relapse")))
    assert loads(dumps(protocol)) == protocol


def test_claims_do_not_decide_what_a_run_is() -> None:
    plain = loads(HEAD)
    claiming = with_claims("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}]}")
    one, other = (Manifest(p, 0, "compiled", 1, ()).identity for p in (plain, claiming))
    assert one == other


def test_a_claim_needs_the_controls_that_its_tests_read() -> None:
    needs = {claim.id: claim.needs for claim in claims_of(load("switch-relapse"))}
    assert needs["gain-drives"] == {"no-gain"}
    assert "sham" in needs["mechanism"]
    assert needs["relapse-order"] >= {"equal-protection", "swapped-decay", "threshold-sweep"}


def test_twenty_claims_ship_and_their_arms_are_in_the_protocol() -> None:
    assert claimed() == ["switch-relapse"]
    protocol = load("switch-relapse")
    claims = claims_of(protocol)
    assert len(claims) == 20
    arms = {m.arm.partition(":")[0] for claim in claims for test in claim.tests for m in test.measures}
    assert arms <= set(protocol.arms)


REFUSED = (
    ("- {statement: s, tests: []}", "id is missing"),
    ("- {id: c, statement: s, tests: [{mena: {of: x, above: 1}}]}", "did you mean 'mean'"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean, above: 1}}]}", "names no cell"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute}}]}", "one of above, below, within"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1, below: 2}}]}", "one of above"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, within: [2, 1]}}]}", "is empty"),
    ("- {id: c, statement: s, tests: [{order: {of: acc_clean, at: acute, arms: [a, b], above: 1}}]}", "no bound"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}], controls: [{among: x}]}", "control is missing"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}], controls: [{control: r, among: acc at acute}]}", "no comparison"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}]}\n" * 2, "stands twice"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_decided_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(rs.ResynapseError, match="claims") as caught:
        with_claims(text)
    assert said in str(caught.value)


def test_an_arm_that_does_not_exist_is_refused_before_a_run() -> None:
    protocol = with_claims("- {id: c, statement: s, tests: [{mean: {of: acc_clean of aa at acute, above: 1}}]}")
    with pytest.raises(rs.ResynapseError, match="no arm 'aa'"):
        rs.audit(protocol)


def test_a_protocol_without_claims_is_refused() -> None:
    with pytest.raises(rs.ResynapseError, match="claims nothing"):
        rs.audit(load("demo"))
    with pytest.raises(rs.ResynapseError, match="no claims 'nowhere'"):
        rs.audit(load("demo"), claims="nowhere")
