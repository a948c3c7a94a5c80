"""Controls of probes and episodes, in both families: each changes what it says and nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import controlled
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.outcomes import outcome
from resynapse.protocol import dumps, loads
from resynapse.protocol.conditions import base
from resynapse.protocol.facts import facts
from resynapse.runs.walk import walk

FAMILIES = ("kindling", "gru-kindling")
NEW = ("calibrated-probe", "zero-mean-noise", "pulse", "count-matched-scars", "no-scars")
Values = dict[tuple[str, str, str], float]


@cache
def relapsing(name: str) -> rs.Protocol:
    """The family in miniature; every cycle ends in an episode, so that arms differ in scars and not in decisions."""
    text = dumps(replace(miniature(name, most=3), batch_size=16))
    for written, instead in (("stress_test < 60", "stress_test < 101"), ("lr: 0.001", "lr: 0.02"), ("0.95", "0.5")):
        assert written in text
        text = text.replace(written, instead)
    return loads(text)


@cache
def values(name: str, control: str = "") -> Values:
    protocol = relapsing(name)
    if control:
        protocol = controlled(protocol, control)
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, Subject(5, 1), engine("reference"))}


def changed(name: str, control: str) -> set[tuple[str, str]]:
    """Conditions and outcomes in which the control moves any arm."""
    found = values(name, control)
    pairs = {key: found.get((key[0].partition(":")[0], *key[1:])) for key in found if f":{control}" in key[0]}
    return {key[1:] for key, own in pairs.items() if own != found[key]}


def applies(name: str, control: str) -> bool:
    return not (control == "pulse" and name == "kindling")


CASES = [(name, control) for name in FAMILIES for control in NEW if applies(name, control)]


@pytest.mark.parametrize(("name", "control"), [*CASES, ("gru-kindling", "sham"), ("gru-kindling", "healthy")])
def test_a_control_changes_no_number_of_the_arms_and_is_written_without_loss(name: str, control: str) -> None:
    plain, found = values(name), values(name, control)
    assert {key: value for key, value in found.items() if key in plain} == plain
    after = controlled(relapsing(name), control)
    assert loads(dumps(after)) == after
    assert {f"{arm}:{control}" for arm in after.arms} >= {a for a, v in after.variants.items() if v.control == control}


@pytest.mark.parametrize(("name", "control"), [case for case in CASES if case[1] in ("zero-mean-noise", "pulse")])
def test_another_probe_moves_what_the_manic_probe_measures_and_nothing_else(name: str, control: str) -> None:
    protocol = relapsing(name)
    probes = {"stress_test", "acc_biased_1.0", "acc_biased_0.3"}
    derived = {rule.outcome for rule in protocol.derived if rule.of in probes | {"relapse", "manic_relapse"}}
    moved = {one for _, one in changed(name, control)}
    assert moved
    assert moved <= probes | derived


@pytest.mark.parametrize("name", FAMILIES)
def test_calibrated_noise_moves_accuracies_under_noise_and_nothing_else(name: str) -> None:
    protocol = relapsing(name)
    of_noise = {one for one in facts(protocol) if one.startswith("acc_") and outcome(one).disturbed}
    assert {"acc_combined", "acc_internal_2.5", "acc_biased_0.3"} <= of_noise
    assert not of_noise & {"acc_clean", "acc_standard", "acc_internal_0.0"}
    # an episode without a value of the probe is none, so that scars may differ too
    derived = {rule.outcome for rule in protocol.derived if rule.outcome != "scar_fraction"}
    moved = {one for condition, one in changed(name, "calibrated-probe") if base(condition) in ("acute", "maintenance")}
    assert moved
    assert moved <= of_noise | derived


@pytest.mark.parametrize("name", FAMILIES)
def test_count_matched_scars_are_as_many_in_every_arm_and_at_every_episode(name: str) -> None:
    def per_cycle(suffix: str) -> dict[str, list[float]]:
        found = values(name, "count-matched-scars")
        after = {arm: [found[f"{arm}{suffix}", f"after-cycle={cycle}", "scar_fraction"] for cycle in range(6)]
                 for arm in relapsing(name).arms}  # fmt: skip
        return {arm: [round(later - before, 9) for before, later in pairwise(all_)] for arm, all_ in after.items()}

    matched = per_cycle(":count-matched-scars")
    assert len({tuple(each) for each in matched.values()}) == 1
    assert len(set(matched["untreated"])) == 1
    assert matched["untreated"][0] > 0
    assert len({tuple(each) for each in per_cycle("").values()}) > 1


@pytest.mark.parametrize("name", FAMILIES)
def test_without_scars_no_cycle_leaves_one_and_what_was_before_the_first_stays(name: str) -> None:
    found = values(name, "no-scars")
    for arm in relapsing(name).arms:
        born = found[arm, "adversity", "scar_fraction"]
        assert {v for (a, c, o), v in found.items() if a == f"{arm}:no-scars" and o == "scar_fraction"} == {born}
    assert {condition.partition("=")[0] for condition, _ in changed(name, "no-scars")} <= {
        "cycle", "after-cycle", "autonomy", "course",
    }  # fmt: skip


def test_sham_only_trains_and_healthy_loses_nothing_before_its_tests_in_the_recurrent_family() -> None:
    sham, healthy = values("gru-kindling", "sham"), values("gru-kindling", "healthy")
    for arm in ("ketamine", "ssri", "neurosteroid"):
        assert sham[f"{arm}:sham", "acute", "gain"] == 1
        assert sham[f"{arm}:sham", "acute", "sparsity"] == sham["untreated", "acute", "sparsity"]
        assert (
            healthy[f"{arm}:healthy", "acute", "sparsity"] == healthy[f"{arm}:healthy", "acute", "scar_fraction"] == 0
        )


@pytest.mark.parametrize(
    ("name", "control", "why"),
    [
        ("kindling", "pulse", "the task has no steps of time"),
        ("demo", "pulse", "the task has no steps of time"),
        ("working-memory", "pulse", r"no arm is assessed under the manic probe \(acc_biased\)"),
        ("working-memory", "zero-mean-noise", r"no arm is assessed under the manic probe \(acc_biased\)"),
        ("working-memory", "calibrated-probe", "no arm is assessed for an accuracy under noise"),
        ("switch-relapse", "count-matched-scars", "no arm is scarred after the induction"),
        ("switch-relapse", "no-scars", "no arm is scarred after the induction"),
    ],
)
def test_where_a_control_does_not_apply_it_says_why(name: str, control: str, why: str) -> None:
    with pytest.raises(ProtocolError, match=f"control {control} changes nothing in protocol {name}: {why}"):
        controlled(rs.load(name), control)


def test_scars_of_another_kind_than_a_fixed_share_of_the_active_ones_are_left_as_they_are() -> None:
    text = "name: x\nnetwork: {hidden: [8]}\narms: {a: []}\nfollow_up: [{scar: {%s}}]"
    for share in ("of_all: 0.1", "of_induced: 0.1", "of_active: {uniform: [0, 0.1], name: t}"):
        with pytest.raises(
            ProtocolError, match="no scar after the induction is a fixed share of the active connections"
        ):
            controlled(loads(text % share), "count-matched-scars")


@pytest.mark.parametrize(
    "network",
    ["network: {hidden: [24, 16]}", "task: {kind: repeated-point, steps: 3, train: 512, test: 600, clean: 16}\n"
     "network: {kind: gru, hidden: [12]}"],
    ids=["perceptron", "gru"],
)  # fmt: skip
def test_at_calibrated_strength_one_an_intact_network_keeps_three_quarters(network: str) -> None:
    blobs = "" if "task" in network else "task: {kind: gaussian-blobs, train: 512, test: 600, clean: 16}\n"
    outcomes = "acc_standard, acc_combined, acc_input_1.0, acc_internal_1.0, acc_biased_1.0, acc_unbiased_1.0"
    protocol = loads(
        f"name: x\n{blobs}{network}\ninduction: [{{train: {{epochs: 12, lr: 1.0e-2}}}}, {{prune: {{sparsity: 0.8}}}}]\n"
        "arms: {a: []}\nfollow_up: [{assess: {condition: acute, outcomes: [%s], noise: calibrated}}]\n" % outcomes
    )
    rows = walk(controlled(protocol, "healthy"), Subject(0, 0), engine("reference"))
    found = {(row.arm, row.outcome): row.value for row in rows}
    kept = 25 + 0.75 * (found["a:healthy", "acc_standard"] - 25)
    for name in outcomes.split(", ")[1:]:
        # two draws over 600 samples: 4 standard errors of a difference of shares near 0.8 are 9.2 points
        assert found["a:healthy", name] == pytest.approx(kept, abs=9.2), name
    assert any(found["a", name] < found["a:healthy", name] - 9.2 for name in outcomes.split(", ")[1:])
