"""Controls of the treatment where it goes on in the follow-up, parts into side paths, or trains more than once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import controlled
from resynapse.controls.exposure import course, within
from resynapse.engine import Engine
from resynapse.errors import ProtocolError
from resynapse.networks import Perceptron
from resynapse.protocol import Drug, Regrow, Step, Train, Variant, dumps, library, loads
from resynapse.protocol.routes import Route, stops
from resynapse.protocol.steps import Assess, Enrol
from resynapse.runs.walk import walk
from resynapse.task import GaussianBlobs

TREATED = [name for name in library() if name != "working-memory"]
"""Protocols with a treatment; the other compares pruning with none."""


def steps(route: Route, section: str = "") -> list[Step]:
    inside = [stop for stop in route if section in ("", within(stop))]
    return [stop.step for stop in stops(tuple(inside)) if stop.step is not None]


def of(name: str, control: str, arm: str, section: str = "") -> list[Step]:
    return steps(controlled(rs.load(name), control).routes[f"{arm}:{control}"], section)


def of_control(after: rs.Protocol, control: str) -> list[tuple[str, Variant]]:
    return [(name, made) for name, made in after.variants.items() if made.control == control]


def trained(found: list[Step]) -> list[Train]:
    return [step for step in found if isinstance(step, Train)]


def exposures(route: Route) -> Iterator[float]:
    """The exposure of every way through a treatment to an end at which nothing more is trained."""

    def ways(path: Route, before: float) -> Iterator[float]:
        for index, stop in enumerate(path):
            if isinstance(stop.step, Train):
                before += stop.step.lr * stop.step.epochs
            if any(isinstance(inner.step, Train) for inner in stops(stop.fork)):
                yield from ways(stop.fork, before)
                if not any(isinstance(s.step, Train) for s in stops(path[index + 1 :])):
                    return
        yield before

    yield from ways(tuple(stop for stop in route if within(stop) == "treatment"), 0.0)


@pytest.mark.parametrize("name", TREATED)
def test_a_sham_has_neither_regrowth_nor_modulation_nor_noise_anywhere(name: str) -> None:
    after = controlled(rs.load(name), "sham")
    for variant, made in of_control(after, "sham"):
        found = steps(after.routes[variant])
        assert not any(isinstance(step, (Regrow, Drug)) for step in found)
        assert all((s.gain, s.inhibition, s.noise_sd) == (None, None, 0.0) for s in trained(found))
        assert [s.epochs for s in trained(found)] == [s.epochs for s in trained(steps(after.routes[made.of]))]


@pytest.mark.parametrize(("name", "arm"), [("kindling", "ketamine"), ("taper", "ssri"), ("rescue", "untreated")])
def test_without_gain_no_step_of_the_follow_up_gives_one(name: str, arm: str) -> None:
    if name == "kindling":
        assert any(isinstance(step, Regrow) for step in of(name, "no-gain", arm, "follow_up"))
    assert all(getattr(step, "gain", None) is None for step in of(name, "no-gain", arm))


def test_regrowth_in_maintenance_is_random_too() -> None:
    found = [step for step in of("kindling", "random-regrowth", "ketamine") if isinstance(step, Regrow)]
    assert [step.by for step in found] == ["random"] * 6


def test_without_maintenance_nothing_is_trained_or_regrown_between_the_cycles() -> None:
    for arm in ("ketamine", "ssri", "neurosteroid"):
        found = of("kindling", "no-maintenance", arm, "follow_up")
        assert not any(isinstance(step, Regrow) for step in found)
        assert {step.epochs for step in trained(found)} == {0}
        treatment = of("kindling", "no-maintenance", arm, "treatment")
        assert treatment == steps(rs.load("kindling").routes[arm], "treatment")


def test_a_treatment_after_the_drug_was_stopped_is_no_maintenance() -> None:
    with pytest.raises(ProtocolError, match=r"rescue: no arm is trained between its treatment and the end of the drug"):
        controlled(rs.load("rescue"), "no-maintenance")
    # maintenance, then a stop and a second course: the first alone is maintenance
    text = dumps(rs.load("demo").only(["ketamine"])) + ""
    both = rs.loads(text.replace("follow_up:", "follow_up:\n- train: {epochs: 3, lr: 0.001}\n- discontinue: {}", 1))
    found = steps(controlled(both, "no-maintenance").routes["ketamine:no-maintenance"], "follow_up")
    assert [step.epochs for step in trained(found)] == [0, 20]


def test_maintenance_inside_a_treatment_is_found_before_the_washout() -> None:
    arm = rs.load("partial-responders").routes["continued"]
    assert [t.maintains for t in course(arm, "treatment").every()] == [False, False, True]
    assert [s.epochs for s in trained(of("partial-responders", "no-maintenance", "continued", "treatment"))] == [
        100,
        50,
        0,
    ]


@pytest.mark.parametrize("name", ["mechanisms", "chronic-stress", "taper", "courses", "dose", "rescue"])
def test_where_nobody_is_given_a_stabiliser_it_cannot_stand_alone(name: str) -> None:
    with pytest.raises(ProtocolError, match="no treated arm is given the stabiliser"):
        controlled(rs.load(name), "stabiliser-only")


def test_the_stabiliser_alone_keeps_maintenance() -> None:
    assert [s.epochs for s in trained(of("partial-responders", "stabiliser-only", "continued"))] == [20, 25]
    assert "ssri:stabiliser-only" not in controlled(rs.load("ssri-stabilised"), "stabiliser-only").variants


@pytest.mark.parametrize("name", ["dose", "half-doses", "courses", "bridge", "chronic-stress", "repeated-courses"])
def test_matched_exposure_makes_every_way_through_a_treatment_equal(name: str) -> None:
    protocol = rs.load(name)
    after = controlled(protocol, "matched-exposure")
    largest = max(way for arm in protocol.arms for way in exposures(after.routes[arm]))
    for arm in protocol.arms:
        for way in exposures(after.routes.get(f"{arm}:matched-exposure", after.routes[arm])):
            assert way == pytest.approx(largest) or not trained(steps(protocol.routes[arm], "treatment"))


def test_matched_exposure_of_doses_is_one_rate_a_level_and_of_two_rates_one_factor() -> None:
    (neurosteroid,) = {s.lr for s in trained(of("dose", "matched-exposure", "neurosteroid", "treatment"))}
    assert neurosteroid == pytest.approx(7.5e-4)
    for step in trained(of("dose", "matched-exposure", "ssri", "treatment")):
        assert step.lr * step.epochs == pytest.approx(7.5e-3)
    pair = trained(of("half-doses", "matched-exposure", "ssri+neurosteroid", "treatment"))
    assert pair[0].lr / pair[1].lr == pytest.approx(50)


def test_matched_exposure_leaves_maintenance_alone() -> None:
    after = controlled(rs.load("partial-responders"), "matched-exposure")
    assert "untreated:matched-exposure" not in after.variants
    for name, _ in of_control(after, "matched-exposure"):
        *treatment, maintenance = trained(steps(after.routes[name], "treatment"))
        assert maintenance == Train(epochs=25, lr=1e-6)
        assert sum(step.lr * step.epochs for step in treatment) == pytest.approx(8.5e-3)


@pytest.mark.parametrize(
    ("arm", "gain"),
    [("switched-ketamine", 1.25), ("augmented-ketamine", 1.85), ("continued", 1.6), ("training-only", 1)],
)
def test_each_training_becomes_the_drug_state_of_its_own_ramp(arm: str, gain: float, compiled: Engine) -> None:
    found = of("partial-responders", "no-training", arm, "treatment")
    assert next(s for s in found if isinstance(s, Drug)) == Drug(gain=1.6)
    assert [s.epochs for s in trained(found)] == [0] * (len(trained(found)) - 1) + [25]
    small = replace(
        rs.load("partial-responders"),
        task=GaussianBlobs(train=256, test=128, clean=32),
        network=Perceptron(hidden=(24, 20, 12)),
    )
    rows = walk(controlled(small.only([arm]), "no-training"), Subject(0, 0), compiled)
    values = {(row.arm, row.condition, row.outcome): row.value for row in rows}
    assert values[f"{arm}:no-training", "acute", "gain"] == gain


def test_gain_only_keeps_each_gain_in_its_place() -> None:
    found = of("partial-responders", "gain-only", "augmented-neurosteroid", "treatment")
    assert [s for s in found if isinstance(s, Drug)] == [Drug(gain=1.6), Drug(gain=1.45)]
    assert [s.epochs for s in trained(found)] == [25]
    assert not any(isinstance(s, Regrow) for s in of("kindling", "gain-only", "ketamine"))
    assert all(s.inhibition is None for s in trained(of("taper", "gain-only", "neurosteroid")))


@pytest.mark.parametrize("name", ["dose", "courses", "partial-responders"])
def test_remitters_are_selected_on_side_paths_too(name: str) -> None:
    protocol = rs.load(name)
    after = controlled(protocol, "remitters-only")
    made_here = of_control(after, "remitters-only")
    assert [made.of for _, made in made_here] == list(protocol.arms)
    for variant, made in made_here:
        own = sum(
            isinstance(s, Assess) and s.condition in ("dose", "acute", "recovered")
            for s in steps(after.routes[made.of])
        )
        assert sum(isinstance(s, Enrol) for s in steps(after.routes[variant])) == own


@pytest.mark.parametrize(
    ("name", "control", "why"),
    [
        ("withdrawal", "equal-protection", "every washout has the rate 0.008 already"),
        ("washout", "swapped-decay", "ketamine, ssri have several rates of washout; every other washout has the rate"),
        ("cliff", "equal-protection", "no arm has a washout of the stabiliser"),
        ("dose", "matched-lesion", "every structural test is such a lesion already"),
        ("cliff", "matched-lesion", "no arm has a structural test"),
        ("cliff", "matched-exposure", "every treatment that trains has one exposure already"),
        ("fragility", "remitters-only", "no arm is assessed for acc_combined after the induction"),
    ],
)
def test_a_control_that_changes_nothing_says_why(name: str, control: str, why: str) -> None:
    with pytest.raises(ProtocolError, match=f"control {control} changes nothing in protocol {name}: {why}"):
        controlled(rs.load(name), control)


@pytest.mark.parametrize("name", TREATED)
def test_controls_of_the_treatment_are_written_and_read_without_loss(name: str) -> None:
    for control in ("sham", "no-training"):
        after = controlled(rs.load(name), control)
        assert loads(dumps(after)) == after
