"""Protocols in words: a repetition is one round with its range, and what differs in it is given for every round."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.protocol.node import every
from resynapse.protocol.prose.sentences import lines
from resynapse.protocol.prose.wording import counted, in_words


def drawn(steps: str) -> list[str]:
    protocol = rs.loads(f"{{name: x, arms: {{a: {steps}, b: []}}}}")
    return ["  " * depth + text for depth, text in lines(protocol.arms["a"])]


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
        "  mark",
        "  prune_more of_active 0.1",
    ]


def test_what_differs_between_rounds_is_given_for_each() -> None:
    steps = "[{repeat: {c: [1, 2], s: [0.1, 0.25]}, do: [{lesion: {of_active: $s}}, {assess: {condition: r, outcomes: [acc_biased_$s as y, gain]}}]}]"
    assert drawn(steps) == [
        "each of 2 rounds: 1, 2",
        "  lesion of_active {0.1, 0.25}, by smallest",
        "  assess r: acc_biased_{0.1, 0.25} as y, gain",
    ]


def test_levels_of_a_sweep_start_from_one_state() -> None:
    assert drawn("[{sweep: {s: [0.1, 0.2, 0.4]}, do: [{prune: {sparsity: $s}}]}, {mark: {}}]") == [
        "each of 3 levels, from the same state: 0.1, 0.2, 0.4",
        "  side path",
        "    prune sparsity {0.1, 0.2, 0.4}",
        "mark",
    ]


def test_nested_repetitions_are_drawn_nested() -> None:
    inner = "{sweep: {s: {from: 1, to: 4}}, do: [{decay: {steps: $s, per_step: 0}}]}"
    assert drawn(f"[{{repeat: {{c: {{from: 1, to: 5}}}}, do: [{inner}]}}]") == [
        "each of 5 rounds: 1 to 5",
        "  each of 4 levels, from the same state: 1 to 4",
        "    side path",
        "      decay steps {1, 2, 3, 4}, per_step 0",
    ]


def test_one_labelled_step_keeps_its_count_and_other_shapes_are_not_joined() -> None:
    assert drawn("[{mark: {}, label: [0]}, {discontinue: {}, label: [1]}]") == ["mark [=0]", "discontinue [=1]"]


@pytest.mark.parametrize("name", ["demo", "manic-switch", "mechanisms"])
def test_without_repetition_every_step_is_drawn(name: str) -> None:
    follow_up = rs.load(name).follow_up
    unlabelled = [node for node in every(follow_up) if not node.label]
    assert len([text for _, text in lines(follow_up) if "[=" not in text]) == len(unlabelled)
