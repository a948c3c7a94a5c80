"""A treatment is its components: taken apart and put together again it is the same treatment."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.attribution.treatments import COMPONENTS, end, treatment
from resynapse.errors import ProtocolError
from resynapse.protocol import Drug, Regrow, Step, Train, library
from resynapse.protocol.routes import route
from resynapse.protocol.steps import Assess

KINDS = ("drug", "regrow", "train")


def _steps(protocol: rs.Protocol, arm: str) -> list[tuple[Step, str]]:
    """Steps of a treatment, and the streams of those that draw random numbers."""
    return _named(route(arm, induction=(), treatment=protocol.arms[arm], follow_up=()))


def _named(stops) -> list[tuple[Step, str]]:  # type: ignore[no-untyped-def]
    return [
        (stop.step, stop.stream if isinstance(stop.step, (Train, Regrow)) else "")
        for stop in stops
        if stop.step is not None and not isinstance(stop.step, Assess)
    ]


def _taken_apart() -> list[tuple[str, str]]:
    found = []
    for one in library():
        protocol = rs.load(one)
        for arm in protocol.arms:
            try:
                treatment(protocol, arm)
            except ProtocolError:
                continue
            found.append((one, arm))
    return found


PARTS = _taken_apart()


def test_every_arm_of_the_article_can_be_taken_apart() -> None:
    assert {("switch-relapse", arm) for arm in ("untreated", "ketamine", "ssri", "neurosteroid")} <= set(PARTS)


@pytest.mark.parametrize(("name", "arm"), PARTS)
def test_components_put_together_are_the_steps_they_were_taken_from(name: str, arm: str) -> None:
    protocol = rs.load(name)
    again = route(arm, induction=(), treatment=treatment(protocol, arm).path, follow_up=())
    assert _named(again) == _steps(protocol, arm)


def test_taking_all_components_makes_the_other_treatment(tiny: rs.Protocol) -> None:
    ours, theirs = treatment(tiny, "ketamine"), treatment(tiny, "ssri")
    assert theirs.taking(ours, COMPONENTS) == ours
    assert theirs.taking(ours, []) == theirs


def test_a_ramp_meets_the_length_of_the_other_training(tiny: rs.Protocol) -> None:
    mixed = treatment(tiny, "ssri").taking(treatment(tiny, "ketamine"), ["learning"])
    train = mixed.path[-1].step
    assert isinstance(train, Train)
    assert (train.epochs, train.lr, train.gain, train.noise_sd) == (3, 2e-3, (1.0, 1.6), (0.5, 0.0))


def test_gain_in_training_and_gain_at_the_test_are_two_things(tiny: rs.Protocol) -> None:
    ketamine, ssri = treatment(tiny, "ketamine"), treatment(tiny, "ssri")
    tested = ssri.taking(ketamine, ["gain_at_the_test"]).path
    assert [node.step for node in tested] == [node.step for node in ssri.path] + [Drug(gain=1.25)]
    trained = ssri.taking(ketamine, ["gain_in_training"]).path
    assert [node.step for node in trained if isinstance(node.step, Drug)] == [Drug(gain=1.25), Drug(gain=1.6)]
    assert all(node.step.gain is None for node in trained if isinstance(node.step, Train))


def test_there_is_no_guidance_without_regrowth(tiny: rs.Protocol) -> None:
    ketamine, ssri = treatment(tiny, "ketamine"), treatment(tiny, "ssri")
    assert ssri.taking(ketamine, ["guidance"]).path == ssri.path
    unguided = ssri.taking(ketamine, ["regrowth"]).path[0].step
    assert isinstance(unguided, Regrow)
    assert unguided.by == "random"


def test_without_training_a_ramp_is_given_at_its_end(tiny: rs.Protocol) -> None:
    ssri, untreated = treatment(tiny, "ssri"), treatment(tiny, "untreated")
    still = ssri.taking(untreated, ["learning"]).path
    assert [node.step for node in still] == [Drug(gain=1.6)]
    assert untreated.taking(ssri, ["gain_in_training"]).path == ()


def test_a_ramp_of_one_epoch_stays_at_its_beginning(tiny: rs.Protocol) -> None:
    one = tiny.with_arm("one", [Train(epochs=1, lr=1e-3, gain=(1.0, 1.6), inhibition=(1.0, 0.5))])
    found = treatment(one, "one")
    assert found.gain_at_the_test == 1.0
    assert end((0.5, 0.0), None) == 0.0
    assert len(found.path) == 1


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("[{train: {epochs: 1, lr: 1e-3}}, {regrow: {of_pruned: 0.1}}]", "has regrow after train"),
        ("[{train: {epochs: 1, lr: 1e-3}}, {train: {epochs: 1, lr: 1e-3}}]", "has train after train"),
        ("[{prune_more: {of_active: 0.1}}]", "has prune_more"),
        ("[{train: {epochs: 1, lr: {uniform: [1e-4, 1e-3]}}}]", "drawn for each subject"),
        (
            "[{assess: {condition: before, outcomes: [acc_clean]}}, {drug: {gain: 2.0}, when: acc_clean < 50}]",
            "only when",
        ),
    ],
)
def test_other_treatments_are_refused_with_the_cure(tiny: rs.Protocol, steps: str, says: str) -> None:
    protocol = rs.loads(f"base: demo\nname: other\narms: {{other: {steps}}}")
    with pytest.raises(ProtocolError, match=says) as refused:
        treatment(protocol, "other")
    assert "treatment of other" in str(refused.value)
    assert "name another arm" in str(refused.value)


def test_a_drug_of_the_induction_is_refused() -> None:
    with pytest.raises(ProtocolError, match="induction of other gives a drug"):
        treatment(rs.loads("base: demo\nname: other\ninduction: [{drug: {gain: 1.2}}]"), "ketamine")
