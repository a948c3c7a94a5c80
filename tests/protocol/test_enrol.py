"""Selection: who goes on, what is refused, and that whoever is left out leaves no trace and costs nothing."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine, engine
from resynapse.errors import ProtocolError
from resynapse.protocol import dumps, loads
from resynapse.protocol.routes import enrolments, epochs
from resynapse.runs.events import EpochDone, Event
from resynapse.runs.walk import walk

HEAD = """
name: tiny
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 8}
network: {hidden: [8, 6]}
arms:
  loose: []
  sparse: [{prune: {sparsity: 0.5}}]
follow_up:
  - assess: {condition: acute, outcomes: [sparsity]}
"""
SELECTED = (
    HEAD
    + """
  - enrol: sparsity >= 40
  - prune: {sparsity: 0.8}
  - assess: {condition: late, outcomes: [sparsity]}
"""
)


def found(text: str, number: int = 0) -> dict[tuple[str, str, str], float]:
    rows = walk(loads(text), Subject(0, number), engine("reference"))
    return {(r.arm, r.condition, r.outcome): r.value for r in rows}


def test_an_arm_that_does_not_fulfil_it_is_measured_no_more() -> None:
    values = found(SELECTED)
    assert {key[1:]: v for key, v in values.items() if key[0] == "loose"} == {
        ("acute", "sparsity"): 0.0,
        ("enrolment", "enrolled"): 0.0,
    }
    assert values["sparse", "enrolment", "enrolled"] == 100.0
    assert values["sparse", "late", "sparsity"] > 75


def test_who_is_enrolled_has_the_numbers_of_the_protocol_without_selection() -> None:
    plain, selected = found(SELECTED.replace("  - enrol: sparsity >= 40\n", "")), found(SELECTED)
    kept = {key: value for key, value in selected.items() if key[2] != "enrolled"}
    assert kept == {key: value for key, value in plain.items() if key in kept}
    assert len(kept) == len(plain) - 1


def test_an_excluded_arm_is_not_trained(tiny: rs.Protocol, compiled: Engine) -> None:
    trained: list[Event] = []

    def count(event: Event) -> None:
        if isinstance(event, EpochDone):
            trained.append(event)

    text = dumps(tiny).replace(
        "follow_up:\n", "follow_up:\n- assess: {condition: entry, outcomes: [gain]}\n- enrol: gain > 1\n"
    )
    walk(loads(text), Subject(0, 0), compiled, count)
    assert epochs(loads(text).routes) == epochs(tiny.routes) == 25
    assert len(trained) == 25 - 4  # the maintenance of the untreated arm


def test_on_a_side_path_it_ends_the_side_path_alone() -> None:
    text = HEAD + (
        "  - fork: [{enrol: {when: sparsity >= 40, condition: test}}, {assess: {condition: aside, outcomes: [gain]}}]\n"
        "  - assess: {condition: late, outcomes: [gain]}\n"
    )
    values = found(text)
    assert ("loose", "aside", "gain") not in values
    assert ("sparse", "aside", "gain") in values
    assert ("loose", "late", "gain") in values


def test_what_stands_beside_it_counts() -> None:
    text = SELECTED.replace("  - enrol: sparsity >= 40\n", "  - enrol: sparsity >= 40\n    {beside}\n")
    other = found(text.replace("{beside}", "arms: [sparse]"))
    assert ("loose", "late", "sparsity") in other
    assert ("loose", "enrolment", "enrolled") not in other
    assert ("loose", "late", "sparsity") in found(text.replace("{beside}", "when: sparsity > 10"))
    aside = found(text.replace("{beside}", "fork: [{assess: {condition: aside, outcomes: [gain]}}]"))
    assert {key[0] for key in aside if key[1] == "aside"} == {"sparse"}


def test_several_points_have_names_of_their_own_and_in_rounds_their_counts() -> None:
    text = HEAD + (
        "  - repeat: {cycle: [1, 2]}\n    do: [{assess: {condition: cycle, outcomes: [sparsity]}}, {enrol: sparsity < 40}]\n"
    )
    assert [point for point, _ in enrolments(loads(text).routes["loose"])] == ["enrolment=1", "enrolment=2"]
    values = found(text)
    assert values["sparse", "enrolment=1", "enrolled"] == 0.0
    assert ("sparse", "cycle=2", "sparsity") not in values
    with pytest.raises(ProtocolError, match="assessed twice as 'enrolment'"):
        loads(SELECTED + "  - enrol: sparsity >= 90\n")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("acc_clean >= 40", r"`enrol: acc_clean >= 40` reads an outcome that is not measured before it"),
        ("sparsity", r"follow_up\[1\].enrol.when: 'sparsity' is not possible: 'sparsity' is no comparison"),
        ("{condition: x}", r"follow_up\[1\].enrol.when: missing"),
        ("{when: sparsity > 1, wehn: 3}", "did you mean 'when'"),
        ("{when: sparsity > 1, condition: a=b}", "enrol.condition: 'a=b' is not possible"),
    ],
)
def test_what_selects_nobody_knowable_is_refused(written: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        loads(SELECTED.replace("enrol: sparsity >= 40", f"enrol: {written}"))


def test_files_keep_it() -> None:
    assert loads(dumps(loads(SELECTED))) == loads(SELECTED)
    assert "when: sparsity >= 40" in dumps(loads(SELECTED))


def test_an_estimate_of_cost_takes_everyone() -> None:
    rows = walk(loads(SELECTED), Subject(0, 0), engine("reference"), everyone=True)
    assert {(r.arm, r.value) for r in rows if r.outcome == "enrolled"} == {("loose", 100.0), ("sparse", 100.0)}


def test_arms_that_only_look_otherwise_go_on_together(tiny: rs.Protocol, compiled: Engine) -> None:
    text = dumps(tiny).replace(
        "follow_up:\n",
        "follow_up:\n"
        "- assess: {condition: entry, outcomes: [acc_combined]}\n  arms: [untreated]\n"
        "- enrol: acc_combined > 0\n  arms: [untreated]\n",
    )
    twins = loads(text).with_arm("twin", [])
    assert epochs(twins.routes) == epochs(tiny.routes)
    values = {(r.arm, r.condition, r.outcome): r.value for r in walk(twins, Subject(5, 1), compiled)}
    for (arm, condition, outcome), value in values.items():
        if arm == "twin":
            assert values["untreated", condition, outcome] == value
    assert ("twin", "entry", "acc_combined") not in values
