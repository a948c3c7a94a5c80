"""Variants in files: what they may say, what is refused, and that random streams keep their names."""

from __future__ import annotations

import pytest

from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import Train, dumps, loads
from resynapse.runs.walk import walk

BASE = """
name: tiny
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 16}
network: {hidden: [8, 6]}
induction: [{train: {epochs: 2, lr: 1.0e-2}}, {prune: {sparsity: 0.5}}]
arms:
  one:
    - regrow: {of_pruned: 0.5, by: random}
    - train: {epochs: 2, lr: 1.0e-2, noise_sd: 0.1}
follow_up:
  - train: {epochs: 2, lr: 1.0e-3}
    at: [1, 2]
    fork: [{assess: {condition: probe, outcomes: [sparsity, acc_standard]}}]
"""


def with_variant(changes: str, name: str = "other", of: str = "one") -> str:
    return f"{BASE}variants:\n  {name}:\n    of: {of}\n    changes: {changes}\n"


def values(text: str) -> dict[tuple[str, str, str], float]:
    rows = walk(loads(text), Subject(0, 0), engine("reference"))
    return {(row.arm, row.condition, row.outcome): row.value for row in rows}


def test_a_variant_without_changes_is_the_arm_itself() -> None:
    found = values(with_variant("[]"))
    for (arm, condition, name), value in found.items():
        assert found["one" if arm == "other" else "other", condition, name] == value


def test_a_step_that_is_left_out_moves_no_random_stream() -> None:
    stops = loads(with_variant("[{step: regrow}]")).routes
    assert [s.stream for s in stops["other"]] == [s.stream for s in stops["one"] if "regrow" not in s.stream]


@pytest.mark.parametrize(
    ("changes", "lr"),
    [
        ("[{step: train, set: {lr: 0.5}}]", [0.5, 0.5, 0.5]),
        ("[{step: train, in: treatment, set: {lr: 0.5}}]", [0.01, 0.5, 0.001]),
        ("[{step: train, in: follow_up, set: {lr: 0.5}}, {step: train, set: {noise_sd: null}}]", [0.01, 0.01, 0.5]),
    ],
)
def test_fields_are_set_where_it_is_said(changes: str, lr: list[float]) -> None:
    route = loads(with_variant(changes)).routes["other"]
    assert [getattr(s.step, "lr", None) for s in route if s.stream.split("/")[-1].startswith("train")] == lr


def test_null_puts_a_field_back_to_its_default() -> None:
    route = loads(with_variant("[{step: train, set: {noise_sd: null}}]")).routes["other"]
    assert {getattr(s.step, "noise_sd", 0.0) for s in route} == {0.0}


def test_counts_can_change_with_the_length() -> None:
    found = values(with_variant("[{step: train, in: follow_up, set: {epochs: 0}, at: [0]}]"))
    assert {c for a, c, _ in found if a == "other"} == {"probe=0"}
    assert {c for a, c, _ in found if a == "one"} == {"probe=1", "probe=2"}


def test_another_step_can_stand_in_its_place() -> None:
    found = values(with_variant("[{step: regrow, into: {lesion: {of_active: 0.5}}}]"))
    assert found["other", "probe=2", "sparsity"] > 70 > found["one", "probe=2", "sparsity"]


def test_what_is_left_out_leaves_its_side_path() -> None:
    route = loads(with_variant("[{step: train, in: follow_up}]")).routes["other"]
    assert (route[-1].step, route[-1].at) == (None, ())
    assert values(with_variant("[{step: train, in: follow_up}]"))["other", "probe", "sparsity"] < 70


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("[{step: tran}]", "unknown step 'tran'; did you mean 'train'"),
        ("[{step: train, in: follow-up}]", "is no section; allowed: induction, treatment, follow_up"),
        ("[{step: train, set: {rate: 1}}]", "unknown key 'rate'"),
        ("[{step: train, set: {lr: -1}}]", "train with {'lr': -1} is not possible"),
        ("[{step: train, into: {train: {epochs: 1, lr: 1.0e-3}, at: [1], fork: []}}]", "one step alone"),
        ("[{stp: train}]", "unknown key 'stp'"),
        ("{}", "expected a list, got"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(changes: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        loads(with_variant(changes))


def test_names_are_checked() -> None:
    with pytest.raises(ProtocolError, match=r"no arm 'on'; did you mean 'one'"):
        loads(with_variant("[]", of="on"))
    with pytest.raises(ProtocolError, match="'one' is no name for a variant"):
        loads(with_variant("[]", name="one"))
    with pytest.raises(ProtocolError, match="other is made of one; name this arm too"):
        loads(with_variant("[]")).only(["other"])


def test_files_keep_variants() -> None:
    text = with_variant("[{step: regrow, in: treatment, into: {lesion: {of_active: 0.5}}}, {step: train, at: [1]}]")
    assert loads(dumps(loads(text))) == loads(text)


@pytest.mark.parametrize(("which", "lr"), [("[1]", [0.5, 0.01, 0.001]), ("[2, 3]", [0.01, 0.5, 0.5])])
def test_one_of_several_steps_is_meant_by_its_number(which: str, lr: list[float]) -> None:
    protocol = loads(with_variant(f"[{{step: train, which: {which}, set: {{lr: 0.5}}}}]"))
    assert [s.step.lr for s in protocol.routes["other"] if isinstance(s.step, Train)] == lr
    assert loads(dumps(protocol)) == protocol


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ("[{step: lesion, set: {of_active: 0.1}}]", "arm one has no lesion left to change"),
        ("[{step: regrow, in: follow_up}]", "arm one has no regrow in the follow-up left to change"),
        ("[{step: assess, condition: prbe, set: {draws: 2}}]", "arm one has no assess prbe left to change"),
        ("[{step: train, which: [4], set: {lr: 0.5}}]", "arm one has no train number 4 left to change"),
        ("[{step: regrow}, {step: regrow, set: {by: gradient}}]", "arm one has no regrow left to change"),
    ],
)
def test_a_change_that_means_no_step_is_refused_with_its_place(changes: str, what: str) -> None:
    with pytest.raises(ProtocolError, match=what) as error:
        loads(with_variant(changes))
    assert f"variants.other.changes[{changes.count('{step') - 1}]" in str(error.value)
