"""Controls: what each changes and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import CONTROLS, controlled
from resynapse.engine import Engine
from resynapse.errors import ProtocolError
from resynapse.protocol import (
    Decay,
    Drug,
    Lesion,
    Prune,
    Regrow,
    Scar,
    Stabilise,
    Step,
    Train,
    Variant,
    dumps,
    loads,
)
from resynapse.protocol.routes import Route, epochs
from resynapse.protocol.variants import Set
from resynapse.runs.walk import walk
from resynapse.task import GaussianBlobs

PUBLISHED = rs.load("switch-relapse")
SUBJECT = Subject(5, 1)


MINIATURE = miniature(PUBLISHED, most=4, task=GaussianBlobs(train=256, test=128, clean=32), hidden=(24, 20, 12))


def steps(route: Route) -> Iterator[Step]:
    for stop in route:
        if stop.step is not None:
            yield stop.step
        yield from steps(stop.fork)


def of_variant(control: str, arm: str) -> list[Step]:
    return list(steps(controlled(PUBLISHED, control).routes[f"{arm}:{control}"]))


def made_by(control: str) -> list[Variant]:
    return [variant for variant in controlled(PUBLISHED, control).variants.values() if variant.control == control]


def kinds(control: str, arm: str) -> list[str]:
    return [step.kind for step in of_variant(control, arm)]


def values(protocol: rs.Protocol, engine: Engine) -> dict[tuple[str, str, str], float]:
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, SUBJECT, engine)}


OTHERS = ("fixed-probe", "threshold-sweep", "pulse", "count-matched-scars", "no-scars")
OF_ARMS = [name for name in CONTROLS if name not in OTHERS]
"""Controls that make variants of the published protocol; for the others see test_measurement.py and test_challenge.py."""


@pytest.mark.parametrize("control", OF_ARMS)
def test_a_control_adds_variants_and_leaves_every_arm_as_it_is(control: str) -> None:
    after = controlled(PUBLISHED, control)
    made = {name: variant for name, variant in after.variants.items() if variant.control == control}
    assert made
    for name, variant in made.items():
        assert name == f"{variant.of}:{control}"
        assert after.routes[name] != after.routes[variant.of]
    for arm, route in PUBLISHED.routes.items():
        assert after.routes[arm] == route
    assert loads(dumps(after)) == after


@pytest.mark.parametrize("control", OF_ARMS)
def test_a_control_runs_and_changes_no_number_of_the_arms(control: str, compiled: Engine) -> None:
    after = controlled(MINIATURE, control)
    plain, found = values(MINIATURE, compiled), values(after, compiled)
    assert {key: value for key, value in found.items() if key in plain} == plain
    assert {key[0] for key in found} == set(after.routes)


def test_everything_up_to_the_first_difference_is_shared() -> None:
    # a washout, a lesion or the end of maintenance differ only after what is trained
    for control in (
        "equal-protection", "swapped-decay", "no-decay", "random-lesion", "matched-lesion", "no-maintenance",
        "pruned-scale-noise", "own-scale-noise", "many-draws", "remitters-only", "threshold-sweep",
        "calibrated-probe", "zero-mean-noise",
    ):  # fmt: skip
        assert epochs(controlled(PUBLISHED, control).routes) == epochs(PUBLISHED.routes)
    # the gain alone trains three maintenances and no treatment
    assert epochs(controlled(PUBLISHED, "gain-only").routes) == epochs(PUBLISHED.routes) + 900
    # random regrowth trains its 15 and 300 epochs again, and no base training
    assert epochs(controlled(PUBLISHED, "random-regrowth").routes) == epochs(PUBLISHED.routes) + 315


def test_several_controls_stand_side_by_side() -> None:
    both = controlled(controlled(PUBLISHED, "sham"), "no-gain")
    assert len(both.variants) == len(PUBLISHED.variants) + 6
    assert epochs(both.routes) < epochs(controlled(PUBLISHED, "sham").routes) + 1025 + 1


def test_no_control_of_a_treatment_reaches_the_published_follow_up() -> None:
    # its maintenance has neither drug nor regrowth, so these variants are what they were when it was audited
    for control in ("sham", "matched-exposure", "random-regrowth", "no-gain", "no-training", "gain-only"):
        for variant in made_by(control):
            assert {change.section for change in variant.changes} == {"treatment"}
            assert not any(change.which for change in variant.changes)
    for variant in made_by("no-maintenance"):
        assert variant.changes == (Set(step="train", section="follow_up", set={"epochs": 0}, at=(0,)),)


def test_sham_only_trains() -> None:
    for arm in ("ketamine", "ssri", "neurosteroid"):
        found = of_variant("sham", arm)
        assert not any(isinstance(step, (Regrow, Drug)) for step in found)
        trains = [step for step in found if isinstance(step, Train)]
        assert all(step.gain is None and step.noise_sd == 0.0 for step in trains)
        own = [step.epochs for step in steps(PUBLISHED.routes[arm]) if isinstance(step, Train)]
        assert [step.epochs for step in trains] == own


def test_matched_exposure_gives_every_arm_the_exposure_of_the_largest() -> None:
    # ketamine-like: 15 epochs at 5e-4
    for arm, length in (("ssri", 100), ("neurosteroid", 10)):
        (treatment,) = (s for s in of_variant("matched-exposure", arm) if isinstance(s, Train) and s.epochs == length)
        assert treatment.lr * treatment.epochs == pytest.approx(15 * 5e-4)
    assert "ketamine:matched-exposure" not in controlled(PUBLISHED, "matched-exposure").variants


def test_random_regrowth_regrows_as_much_at_random() -> None:
    (regrown,) = (s for s in of_variant("random-regrowth", "ketamine") if isinstance(s, Regrow))
    (own,) = (s for s in steps(PUBLISHED.routes["ketamine"]) if isinstance(s, Regrow))
    assert regrown == own.model_copy(update={"by": "random"})


def test_no_gain_keeps_the_rest_of_the_drug() -> None:
    assert not any(isinstance(s, Drug) for s in of_variant("no-gain", "ketamine"))
    (drug,) = (s for s in of_variant("no-gain", "neurosteroid") if isinstance(s, Drug))
    assert (drug.gain, drug.inhibition, drug.activation) == (None, 0.7, "tanh")
    assert all(s.gain is None for s in of_variant("no-gain", "ssri") if isinstance(s, Train))


def test_a_ramp_of_inhibition_is_part_of_the_drug() -> None:
    ramped = PUBLISHED.with_arm("ramped", [Train(epochs=4, lr=1e-5, gain=(0.8, 0.9), inhibition=(0.7, 0.8))])
    sham = controlled(ramped, "sham").routes["ramped:sham"]
    assert all(s.inhibition is None for s in steps(sham) if isinstance(s, Train))
    at_once = controlled(ramped, "no-training").routes["ramped:no-training"]
    assert [(s.gain, s.inhibition) for s in steps(at_once) if isinstance(s, Drug)] == [(0.9, 0.8)]


def test_no_training_gives_the_gain_at_once() -> None:
    (drug,) = (s for s in of_variant("no-training", "ssri") if isinstance(s, Drug))
    assert drug.gain == 1.6
    found = of_variant("no-training", "ketamine")
    assert [s.epochs for s in found if isinstance(s, Train)] == [20, 0, 300]
    assert any(isinstance(s, Regrow) for s in found)


def test_washouts_become_equal_or_exchanged() -> None:
    def rate(control: str, arm: str) -> float:
        (decay,) = (s for s in of_variant(control, arm) if isinstance(s, Decay))
        return decay.per_step

    assert rate("equal-protection", "ketamine") == rate("equal-protection", "ssri") == 0.008
    assert (rate("swapped-decay", "ketamine"), rate("swapped-decay", "ssri")) == (0.015, 0.002)
    assert "neurosteroid:swapped-decay" not in controlled(PUBLISHED, "swapped-decay").variants


def test_no_decay_leaves_the_protection_and_gain_only_leaves_the_gain(compiled: Engine) -> None:
    found = values(controlled(MINIATURE, "no-decay"), compiled)
    assert found["ssri:no-decay", "maintenance=3", "protection"] == 1.0
    assert found["ssri", "maintenance=3", "protection"] == pytest.approx(0.25)
    for arm, gain in (("ketamine", 1.25), ("ssri", 1.6), ("neurosteroid", 0.85)):
        (drug,) = (s for s in of_variant("gain-only", arm) if isinstance(s, Drug))
        assert drug == Drug(gain=gain)
        assert [s.epochs for s in of_variant("gain-only", arm) if isinstance(s, Train)] == [20, 300]
        assert "regrow" not in kinds("gain-only", arm)
    assert "untreated" not in {variant.of for variant in made_by("gain-only")}


def test_no_protection_has_no_stabiliser_at_any_moment() -> None:
    assert not any(isinstance(s, Stabilise) for s in of_variant("no-protection", "ssri"))


def test_no_maintenance_withdraws_after_treatment() -> None:
    after = controlled(PUBLISHED, "no-maintenance")
    (train,) = (s for s in after.routes["ssri:no-maintenance"] if s.at and s.stream.startswith("follow_up"))
    assert (train.at, train.step.length if train.step else None) == ((0,), 0)
    assert "decay" in kinds("no-maintenance", "ssri")


def test_stabiliser_only_is_the_untreated_network_under_the_stabiliser() -> None:
    found = kinds("stabiliser-only", "ketamine")
    assert "regrow" not in found
    assert found.count("train") == 2
    assert "stabilise" in found


def test_healthy_is_never_pruned_for_depression() -> None:
    assert not any(isinstance(s, Prune) for s in of_variant("healthy", "untreated"))


@pytest.mark.parametrize(("control", "by"), [("random-lesion", "random"), ("matched-lesion", "smallest")])
def test_lesions_keep_their_share(control: str, by: str) -> None:
    (lesion,) = (s for s in of_variant(control, "ketamine") if isinstance(s, Lesion))
    assert (lesion.of_active, lesion.by) == (0.4, by)


def test_a_matched_lesion_removes_its_share_of_what_is_active(compiled: Engine) -> None:
    found = values(controlled(MINIATURE, "matched-lesion"), compiled)
    for arm in MINIATURE.arms:
        before, after = found[arm, "acute", "sparsity"], found[f"{arm}:matched-lesion", "lesioned", "sparsity"]
        kept = (100 - after) / (100 - before)
        assert 0.6 <= kept < 0.65


def test_what_is_no_control_is_refused_with_its_neighbour() -> None:
    with pytest.raises(ProtocolError, match=r"unknown control 'no-gian'; did you mean .*'no-gain'"):
        controlled(PUBLISHED, "no-gian")


def test_a_control_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ProtocolError, match="control random-regrowth changes nothing in protocol switch-relapse"):
        controlled(PUBLISHED.only(["untreated", "ssri"]), "random-regrowth")


def test_every_control_says_what_it_isolates() -> None:
    assert all(control.name == name and len(control.isolates) > 30 for name, control in CONTROLS.items())


def test_a_reference_that_the_protocol_has_already_stays_and_is_made_for_the_other_arms() -> None:
    assert "untreated:healthy" in PUBLISHED.variants
    after = controlled(PUBLISHED, "healthy")
    assert after.variants["untreated:healthy"] == PUBLISHED.variants["untreated:healthy"]
    assert set(after.variants) == {f"{arm}:healthy" for arm in PUBLISHED.arms}
    alone = PUBLISHED.only(["untreated", "untreated:healthy"])
    with pytest.raises(ProtocolError, match="healthy changes nothing in protocol switch-relapse: its variants are"):
        controlled(alone, "healthy")


def test_the_reference_in_the_file_is_the_one_that_the_control_makes() -> None:
    bare = replace(PUBLISHED, variants={})
    made = controlled(bare, "healthy").routes["untreated:healthy"]
    assert made == PUBLISHED.routes["untreated:healthy"]


def test_a_healthy_network_has_no_early_scars_either() -> None:
    healthy = controlled(rs.load("kindling"), "healthy").routes["untreated:healthy"]
    assert not any(isinstance(stop.step, (Prune, Scar)) for stop in healthy if stop.stream.startswith("induction"))
