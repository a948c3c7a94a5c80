"""Claims in protocol files: read, written and refused like everything else."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.audits.claim_library import claimed, claims_of
from resynapse.protocol import dumps, load, loads
from resynapse.runs.store.folder import Manifest

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
    assert needs["structural"] == {"sham"}
    assert needs["collapse"] == {"healthy"}
    assert needs["relapse-order"] == set()


def test_the_claims_of_the_article_ship_and_their_arms_are_in_the_protocol() -> None:
    assert claimed() == ["gru-kindling", "switch-relapse", "working-memory"]
    protocol = load("switch-relapse")
    claims = claims_of(protocol)
    assert len(claims) == 26
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
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}], among: acc_clean > 1}", "names no condition"),
    ("- {id: c, statement: s, basis: opinion}", "'opinion' is no basis"),
    ("- {id: c, statement: s, readings: [{tests: [{mean: {of: acc_clean of a at acute, above: 1}}]}]}", "id is missing"),
    ("- {id: c, statement: s, readings: [{id: r}]}", "tests are missing"),
    ("- {id: c, statement: s, tests: [{every: {of: acc_clean of a at acute, above: 1, share: 0}}]}", "share"),
    ("- {id: c, statement: s, tests: [{studies: {of: [{every: {of: acc_clean of a at acute, above: 1}}]}}]}", "has no mean"),
    ("- {id: c, statement: s, tests: [{contrast: {terms: [{times: 1, of: acc_clean of a at acute}], above: 1}}]}", "terms"),
    ("- {id: c, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}]}\n" * 2, "duplicate claim"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_decided_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(rs.ResynapseError, match="claims") as caught:
        with_claims(text)
    assert said in str(caught.value)


OLD = """
- id: c
  statement: s
  reading: As it was written before.
  tests: [{mean: {of: acc_clean of a at acute, above: 1}}]
  controls:
    - many-draws
    - {control: sham, tests: [{mean: {of: acc_clean of a at acute, above: 2}}]}
    - {control: remission before, among: acc_clean >= 90 at acute}
"""


def test_claims_with_controls_of_their_own_open_as_tests_and_readings() -> None:
    """Files of before: what a control added is a test or a reading now, and the battery replaces the list."""
    with pytest.warns(FutureWarning, match="many-draws can be left out"):
        (claim,) = with_claims(OLD).claims
    first, other = claim.readings
    assert first.interpretation == "As it was written before."
    assert [test.above for test in first.tests] == [1, 2]
    assert (other.id, other.among) == ("remission-before", "acc_clean >= 90 at acute")


def test_every_reading_of_the_article_is_named_and_says_how_it_is_taken() -> None:
    for claim in claims_of(load("switch-relapse")):
        assert (claim.readings == ()) == (claim.basis == "outside")
        assert claim.where
        assert all(reading.id and reading.interpretation for reading in claim.readings)


def test_like_sentences_have_like_bounds() -> None:
    """An interval of equivalence is 5 points (2 for a fall after a lesion), a share two thirds, whatever the claim."""
    for claim in claims_of(load("switch-relapse")):
        for test in claim.tests:
            if test.kind in ("difference", "trend") and test.within:
                assert test.within == (-5.0, 5.0), claim.id
            if test.kind == "every":
                assert test.share in (100.0, 66.6), claim.id
            if test.kind in ("difference", "contrast") and test.above is not None:
                assert test.above in (0.0, 5.0), claim.id


def test_an_arm_that_does_not_exist_is_refused_before_a_run() -> None:
    with pytest.raises(rs.ResynapseError, match=r"line 4: claims\[0\].tests\[0\].mean: .* no arm 'aa'; .*a"):
        with_claims("- {id: c, statement: s, tests: [{mean: {of: acc_clean of aa at acute, above: 1}}]}")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("acc_clean of a at acut", "did you mean 'acute'"),
        ("acc_clena of a at acute", "did you mean 'acc_clean'"),
        ("acc_clean of b:sham at acute", "no arm 'b'"),
    ],
)
def test_a_claim_about_what_a_protocol_lacks_is_refused_with_line_and_cure(cell: str, said: str) -> None:
    with pytest.raises(rs.ResynapseError, match="protocol line 4: ") as caught:
        with_claims(f"- {{id: c, statement: s, tests: [{{mean: {{of: {cell}, above: 1}}}}]}}")
    assert said in str(caught.value)


def test_an_unknown_control_is_refused_where_controls_are_known() -> None:
    text = HEAD + "claims:\n- {id: c, statement: s, tests: [{mean: {of: acc_clean of a:shma at acute, above: 1}}]}"
    loads(text)
    with pytest.raises(rs.ResynapseError, match=r"protocol line 4: .*unknown control 'shma'; did you mean 'sham'"):
        loads(text, controls=["sham"])


def test_an_arm_that_is_left_out_takes_its_claims_along() -> None:
    two = HEAD.replace("arms: {", "arms: {b: [], ") + "claims:\n"
    text = "- {id: %s, statement: s, tests: [{mean: {of: acc_clean of a at acute, above: 1}}]}\n"
    protocol = loads(two + text % "c")
    assert protocol.only(["a"]).claims == protocol.claims
    assert protocol.only(["a", "b"]).with_outcomes("acute", ["gain"]).claims == ()


def test_a_protocol_without_claims_is_refused() -> None:
    with pytest.raises(rs.ResynapseError, match="claims nothing"):
        rs.audit(load("demo"))
    with pytest.raises(rs.ResynapseError, match="no claims 'nowhere'"):
        rs.audit(load("demo"), claims="nowhere")
