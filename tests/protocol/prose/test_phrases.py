"""Protocols in words: every step has a phrase, every path an outline, and what repeats is told once."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.protocol import STEPS, library, load
from resynapse.protocol.node import nodes
from resynapse.protocol.prose.phrases import outline

PHRASES = {
    "train: {epochs: 1, lr: 0.001}": "train 1 epoch at rate 0.001",
    "train: {epochs: 9, lr: 0.001, noise_sd: [0.5, 0.0], gain: 1.2}": "train 9 epochs at rate 0.001, internal noise sd "
    "0.5 to 0, gain 1.2",
    "prune: {sparsity: 0.95}": "prune to 95 % sparsity, weakest first",
    "regrow: {of_pruned: 0.5, by: random}": "regrow 50 % of the pruned connections at random",
    "drug: {gain: 1.25, activation: tanh}": "drug on: gain 1.25, tanh",
    "lesion: {of_active: 0.4, by: random}": "remove 40 % of the active connections, at random",
    "scar: {of_all: 0.05}": "scar 5 % of all positions, at random",
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


@pytest.mark.parametrize("name", library())
def test_every_protocol_of_the_library_can_be_told(name: str) -> None:
    protocol = load(name)
    told = [
        text for path in (protocol.induction, *protocol.arms.values(), protocol.follow_up) for _, text in outline(path)
    ]
    assert all(told)
    kinds = {node.step.kind for node in protocol.nodes if node.step is not None}
    assert kinds <= set(STEPS)


def test_rounds_with_the_same_steps_are_told_once() -> None:
    path = _protocol("{repeat: {cycle: {from: 1, to: 8}}, do: [{prune_more: {of_active: 0.1}}, {assess: cycle}]}").arms[
        "only"
    ]
    lines = [text for _, text in outline(path)]
    assert lines[:3] == [
        "each of 8 rounds: 1 to 8",
        "prune 10 % of what is left, weakest first",
        "assess: cycle",
    ]


def test_equal_steps_without_rounds_are_each_told() -> None:
    step = rs.Train(epochs=2, lr=0.1)
    assert len(list(outline(nodes([step, step])))) == 2


def test_side_paths_stand_further_in_and_filters_are_said(tiny: rs.Protocol) -> None:
    lines = list(outline(tiny.follow_up))
    assert [depth for depth, text in lines if text == "stop the drug"] == [1, 1]
    assert any("side path after 2, 4 epochs" in text for _, text in lines)
    kindled = [text for _, text in outline(load("kindling").follow_up)]
    assert any("where stress_test < 60" in text for text in kindled)
    assert any("only ketamine" in text for text in kindled)
