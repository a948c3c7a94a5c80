"""Protocols in words: a repetition is one round with its range, and what differs in it is given for every round."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.protocol import STEPS, library, load
from resynapse.protocol.node import every, nodes
from resynapse.protocol.prose.sentences import lines
from resynapse.protocol.prose.wording import counted, in_words


def drawn(steps: str) -> list[str]:
    protocol = rs.loads(f"{{name: x, arms: {{a: {steps}, b: []}}}}")
    return ["  " * depth + text for depth, text in lines(protocol.arms["a"], measures=True)]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([1], "1"),
        ([1, 2, 3], "1, 2, 3"),
        ([1, 2, 3, 4], "1 to 4"),
        ([0, 5, 10, 15], "0 to 15 by 5"),
        ([0.5, 0.55, 0.6, 0.65], "0.5 to 0.65 by 0.05"),
        ([1, 2, 4, 8], "1, 2, 4, 8"),
        ([4, 3, 2, 1], "4, 3, 2, 1"),
    ],
)
def test_counts_that_rise_evenly_are_a_range(counts: list[float], said: str) -> None:
    assert counted(counts) == said


def test_values() -> None:
    assert [in_words(v) for v in (1e-5, (1.0, 1.6), (1, 3), [0.5, "x"], True)] == [
        "1e-05",
        "1 to 1.6",
        "1 and 3",
        "0.5, x",
        "True",
    ]


def test_equal_rounds_are_drawn_once() -> None:
    assert drawn("[{repeat: {c: {from: 1, to: 300}}, do: [{mark: {}}, {prune_more: {of_active: 0.1}}]}]") == [
        "each of 300 rounds: 1 to 300",
        "  mark: change is measured from here",
        "  prune 10 % of what is left, weakest first",
    ]


def test_what_differs_between_rounds_is_given_for_each() -> None:
    steps = "[{repeat: {c: [1, 2], s: [0.1, 0.25]}, do: [{lesion: {of_active: $s}}, {assess: {condition: r, outcomes: [acc_biased_$s as y, gain]}}]}]"
    assert drawn(steps) == [
        "each of 2 rounds: 1, 2",
        "  remove {10, 25} % of the active connections, weakest first",
        "  assess: r (measures acc_biased_{0.1, 0.25} as y, gain)",
    ]


def test_levels_of_a_sweep_start_from_one_state() -> None:
    assert drawn("[{sweep: {s: [0.1, 0.2, 0.4]}, do: [{prune: {sparsity: $s}}]}, {mark: {}}]") == [
        "each of 3 levels, from the same state: 0.1, 0.2, 0.4",
        "  side path",
        "    prune to {10, 20, 40} % sparsity, weakest first",
        "mark: change is measured from here",
    ]


def test_nested_repetitions_are_drawn_nested() -> None:
    inner = "{sweep: {s: {from: 1, to: 4}}, do: [{decay: {steps: $s, per_step: 0}}]}"
    assert drawn(f"[{{repeat: {{c: {{from: 1, to: 5}}}}, do: [{inner}]}}]") == [
        "each of 5 rounds: 1 to 5",
        "  each of 4 levels, from the same state: 1 to 4",
        "    side path",
        "      washout: {1, 2, 3, 4} steps, 0 of the protection each",
    ]


def test_one_labelled_step_keeps_its_count_and_other_shapes_are_not_joined() -> None:
    assert drawn("[{mark: {}, label: [0]}, {discontinue: {}, label: [1]}]") == [
        "mark: change is measured from here [=0]",
        "stop the drug [=1]",
    ]


@pytest.mark.parametrize("name", ["demo", "manic-switch", "mechanisms"])
def test_without_repetition_every_step_is_drawn(name: str) -> None:
    follow_up = rs.load(name).follow_up
    unlabelled = [node for node in every(follow_up) if not node.label]
    assert len([text for _, text in lines(follow_up) if "[=" not in text]) == len(unlabelled)


PHRASES = {
    "train: {epochs: 1, lr: 0.001}": "train 1 epoch at rate 0.001",
    "train: {epochs: 9, lr: 0.001, noise_sd: [0.5, 0.0], gain: 1.2}": "train 9 epochs at rate 0.001, internal noise sd "
    "0.5 to 0, gain 1.2",
    "prune: {sparsity: 0.95}": "prune to 95 % sparsity, weakest first",
    "regrow: {of_pruned: 0.5, by: random}": "regrow 50 % of the pruned connections at random",
    "drug: {gain: 1.25, activation: tanh}": "drug on: gain 1.25, tanh",
    "lesion: {of_active: 0.4, by: random}": "remove 40 % of the active connections, at random",
    "scar: {of_all: 0.05}": "scar 5 % of all positions, at random",
    "scar: {of_active: 0.05, times_severity: true, within: [0.02, 0.2], at_least: 1}": "scar 5 % of the active "
    "connections times severity within 2 % to 20 %, at least 1, at random",
    "regrow: {of_pruned: 0.5, init_sd: 0.1, ties: index}": "regrow 50 % of the pruned connections by gradient over 30 "
    "batches, new weights of sd 0.1, ties by index",
    "decay: {steps: 50, per_step: 0.008}": "washout: 50 steps, 0.008 of the protection each",
    "assess: {condition: acute, draws: 3, noise: scaled}": "assess: acute, mean of 3 noise draws, noise scaled to "
    "activation",
}  # fmt: skip


def _protocol(steps: str) -> rs.Protocol:
    return rs.loads(f"name: one\narms:\n  only: [{steps}, {{assess: end}}]")


@pytest.mark.parametrize(("written", "expected"), PHRASES.items())
def test_a_step_as_a_phrase(written: str, expected: str) -> None:
    step = _protocol(f"{{{written}}}").arms["only"][0].step
    assert step is not None
    assert step.phrase() == expected


def test_an_enrolment_of_another_name_says_it() -> None:
    assert rs.Enrol(when="gain>=1").phrase() == "continue only with gain >= 1"
    assert rs.Enrol(when="gain>=1", condition="intake").phrase() == "continue only with gain >= 1, decided at intake"


@pytest.mark.parametrize("name", library())
def test_every_protocol_of_the_library_can_be_told(name: str) -> None:
    protocol = load(name)
    told = [
        text for path in (protocol.induction, *protocol.arms.values(), protocol.follow_up) for _, text in lines(path)
    ]
    assert all(told)
    kinds = {node.step.kind for node in protocol.nodes if node.step is not None}
    assert kinds <= set(STEPS)


def test_rounds_with_the_same_steps_are_told_once() -> None:
    path = _protocol("{repeat: {cycle: {from: 1, to: 8}}, do: [{prune_more: {of_active: 0.1}}, {assess: cycle}]}").arms[
        "only"
    ]
    found = [text for _, text in lines(path)]
    assert found[:3] == [
        "each of 8 rounds: 1 to 8",
        "prune 10 % of what is left, weakest first",
        "assess: cycle",
    ]


def test_equal_steps_without_rounds_are_each_told() -> None:
    step = rs.Train(epochs=2, lr=0.1)
    assert len(list(lines(nodes([step, step])))) == 2


def test_side_paths_stand_further_in_and_filters_are_said(tiny: rs.Protocol) -> None:
    found = list(lines(tiny.follow_up))
    assert [depth for depth, text in found if text == "stop the drug"] == [1, 1]
    assert any("side path after 2, 4 epochs" in text for _, text in found)
    kindled = [text for _, text in lines(load("kindling").follow_up)]
    assert any("where stress_test < 60" in text for text in kindled)
    assert any("only ketamine" in text for text in kindled)
