"""One-off changes: how a place is named, and what is refused."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.protocol import amended, dump

PUBLISHED = rs.load("switch-relapse")


@pytest.mark.parametrize(
    ("assignment", "place", "value"),
    [
        ("task.sd=0.5", ("task", "sd"), 0.5),
        ("batch_size=64", ("batch_size",), 64),
        ("network.hidden=[8, 4]", ("network", "hidden"), [8, 4]),
        ("network.hidden[1]=4", ("network", "hidden", 1), 4),
        ("arms.ketamine[1].regrow.of_pruned=0.25", ("arms", "ketamine", 1, "regrow", "of_pruned"), 0.25),
        ("arms.ketamine.regrow.of_pruned = 0.25", ("arms", "ketamine", 1, "regrow", "of_pruned"), 0.25),
        ("arms.ssri.train.noise_sd=[1.0, 0.5]", ("arms", "ssri", 0, "train", "noise_sd"), [1.0, 0.5]),
        ("follow_up.train.lr=1e-5", ("follow_up", 4, "train", "lr"), 1e-5),
        ("derived.below.threshold=50", ("derived", 1, "below", "threshold"), 50),
        ("induction.prune.sparsity={uniform: [0.9, 0.97]}", ("induction", 1, "prune", "sparsity"), None),
    ],
)
def test_one_value_changes_and_nothing_else(assignment: str, place: tuple[str | int, ...], value: object) -> None:
    before, after = dump(PUBLISHED), dump(amended(PUBLISHED, assignment))
    inner, twin = after, before
    for part in place[:-1]:
        inner, twin = inner[part], twin[part]  # type: ignore[index]
    assert inner[place[-1]] != twin[place[-1]]  # type: ignore[index]
    if value is not None:
        assert inner[place[-1]] == value  # type: ignore[index]
    twin[place[-1]] = inner[place[-1]]  # type: ignore[index]
    assert before == after


def test_a_field_that_was_left_out_can_be_given() -> None:
    after = amended(PUBLISHED, "arms.ketamine.drug.inhibition=0.9")
    assert dump(after)["arms"]["ketamine"][0]["drug"] == {"gain": 1.25, "inhibition": 0.9}


def test_several_steps_are_changed_at_once_as_one_after_the_other() -> None:
    courses = rs.load("repeated-courses")
    at_once = one_by_one = amended(courses, "arms.one-course[0,6].drug.gain=1.5")
    for step in (0, 6):
        one_by_one = amended(courses if step == 0 else one_by_one, f"arms.one-course[{step}].drug.gain=1.5")
    assert at_once == one_by_one != courses


def test_an_arm_can_be_added_whole() -> None:
    after = amended(PUBLISHED, "arms.half=[{regrow: {of_pruned: 0.25}}]")
    assert list(after.arms)[-1] == "half"


def test_the_protocol_itself_stays_as_it_is() -> None:
    before = dump(PUBLISHED)
    amended(PUBLISHED, "task.sd=0.5")
    assert dump(PUBLISHED) == before


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("", "is no change; write one such as"),
        ("task.sd", "is no change"),
        ("=1", "is no change"),
        ("task..sd=1", "is no change|no ''"),
        ("tsk.sd=1", "no 'tsk' here; did you mean 'task'"),
        ("arms.ketamine[1,9].regrow.of_pruned=0.2", "no step 9; there are 3"),
        ("arms.ketamine[1,]=1", "is no change"),
        ("arms.ketamine[9].regrow.of_pruned=1", "no step 9; there are 3, counted from 0"),
        ("arms.ketamine.regrw.of_pruned=1", "no step has 'regrw'; did you mean 'regrow'"),
        ("follow_up.fork.assess.condition=x", r"9 steps have 'fork', give one as \[1\] or \[2\] or \[4\] or"),
        ("arms.ketamine.regrow.of_pruned.x=1", "0.5 has no parts|no 'x' here"),
        ("arms.ketamine.regrow.of_pruned=2", "2 is not possible"),
        ("arms.ketamine.regrow.of_prund=0.2", "unknown key 'of_prund'"),
        ("arms.ketamine.regrow.of_pruned=[", "is no YAML value"),
        ("task.sd=wide", "'wide' is not possible"),
    ],
)
def test_what_cannot_be_changed_is_refused(assignment: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        amended(PUBLISHED, assignment)
