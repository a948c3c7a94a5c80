"""Differences: each is given once, with its place, the old value and the new one; equal protocols have none."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.controls import controlled
from resynapse.protocol import amended, differences, library

BASE = """
name: base
task: {kind: gaussian-blobs, train: 512, test: 300, clean: 40}
network: {hidden: [24, 20]}
induction:
  - train: {epochs: 6, lr: 5e-3}
  - prune: {sparsity: 0.9}
arms:
  untreated: []
  ketamine:
    - regrow: {of_pruned: 0.5, batches: 3}
    - train: {epochs: 3, lr: 2e-3}
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, sparsity]}
  - repeat: {cycle: {from: 1, to: 8}}
    do:
      - prune_more: {of_active: 0.1}
      - assess: {condition: cycle, outcomes: [acc_combined]}
  - train: {epochs: 4, lr: 1e-4}
    at: [2, 4]
    fork: [{assess: {condition: late, outcomes: [acc_combined]}}]
derived:
  - first: {outcome: crossing, of: acc_combined, threshold: 80, within: cycle, condition: course}
"""


@pytest.mark.parametrize("name", library())
def test_a_protocol_does_not_differ_from_itself(name: str) -> None:
    assert differences(rs.load(name), rs.load(name)) == []


def test_names_are_no_differences() -> None:
    assert differences(rs.loads(BASE), rs.loads(BASE.replace("name: base", "name: other\ntitle: another"))) == []


CHANGES = {
    ("train: 512", "train: 256"): ["task.train: 512 -> 256"],
    ("[24, 20]", "[24]"): ["network.hidden: 24, 20 -> 24"],
    ("network", "batch_size: 64\nnetwork"): ["batch_size: 128 -> 64"],
    ("sparsity: 0.9}", "sparsity: 0.8}"): ["induction.prune.sparsity: 0.9 -> 0.8"],
    ("of_pruned: 0.5", "of_pruned: 0.25"): ["arms.ketamine.regrow.of_pruned: 0.5 -> 0.25"],
    ("untreated: []", "sham: []"): ["arms.untreated: removed: no step", "arms.sham: added: no step"],
    ("untreated: []", "untreated: [{discontinue: {}}]"): ["arms.untreated: added: stop the drug"],
    ("of_active: 0.1}", "of_active: 0.2}"): ["follow_up.prune_more.of_active at 1 to 8: 0.1 -> 0.2"],
    ("to: 8", "to: 6"): [
        "follow_up at 7, 8: removed: prune 10 % of what is left, weakest first",
        "follow_up at 7, 8: removed: assess: cycle (measures acc_combined)",
    ],
    ("[acc_combined, sparsity]", "[acc_combined, gain]"): [
        "follow_up.assess acute.outcomes: removed: sparsity", "follow_up.assess acute.outcomes: added: gain"
    ],
    ("at: [2, 4]", "at: [4]"): ["follow_up.train.at: 2, 4 -> 4"],
    ("at: [2, 4]", "share: false\n    at: [2, 4]"): ["follow_up.train.share: added: False"],
    ("at: [2, 4]", "arms: [ketamine]\n    at: [2, 4]"): ["follow_up.train.arms: added: ketamine"],
    ("at: [2, 4]", "when: acc_combined < 90\n    at: [2, 4]"): ["follow_up.train.when: added: acc_combined < 90"],
    ("fork: [", "fork: [{discontinue: {}}, "): ["follow_up.train.fork: added: stop the drug"],
    ("threshold: 80", "threshold: 70"): ["derived.crossing.first.threshold: 80 -> 70"],
    ("crossing", "fall"): [
        "derived.crossing: removed: first outcome crossing, of acc_combined, within cycle, condition course, threshold 80",
        "derived.fall: added: first outcome fall, of acc_combined, within cycle, condition course, threshold 80",
    ],
    ("{sparsity: 0.9}", "{sparsity: {normal: [0.9, 0.01]}}"): ["induction.prune.sparsity: 0.9 -> normal 0.9, 0.01"],
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CHANGES.items(), ids=range(len(CHANGES)))
def test_one_change_is_said_where_it_stands(change: tuple[str, str], said: list[str]) -> None:
    old, new = change
    assert BASE.count(old) == 1
    before, after = rs.loads(BASE), rs.loads(BASE.replace(old, new))
    assert differences(before, after) == said
    assert differences(after, before) != []


def test_rounds_and_levels_that_differ_in_numbers_are_said_once() -> None:
    doses = "    - sweep: {dose: [0.1, 0.2, 0.4]}\n      do: [{regrow: {of_pruned: $dose}}, {assess: d}]\n"
    swept = BASE.replace("follow_up:", f"{doses}follow_up:")
    (sentence,) = differences(rs.loads(BASE), rs.loads(swept))
    assert sentence.startswith("arms.ketamine at 0.1, 0.2, 0.4: added: side path (regrow {10, 20, 40} % of")
    cycles = BASE.replace("{cycle: {from: 1, to: 8}}", "{cycle: [1, 2], share: [0.1, 0.2], more: [0.3, 0.4]}")
    twice = "      - prune_more: {of_active: $share}\n      - prune_more: {of_active: $more}\n      - mark: {}"
    added = cycles.replace("      - prune_more: {of_active: 0.1}", "      - prune_more: {of_active: 0.1}\n" + twice)
    assert differences(rs.loads(cycles), rs.loads(added)) == [
        "follow_up at 1, 2: added: prune {10, 20} % of what is left, weakest first",
        "follow_up at 1, 2: added: prune {30, 40} % of what is left, weakest first",
        "follow_up at 1, 2: added: mark: change is measured from here",
    ]


def test_steps_outside_of_rounds_are_said_apart() -> None:
    before, after = (rs.load(name) for name in ("switch-relapse", "kindling"))
    said = differences(before, after)
    assert sum(": added: scar 5 %" in sentence for sentence in said) == 2
    stopped = differences(before, rs.load("manic-switch"))
    assert any(sentence.startswith("follow_up at 25, 50") for sentence in stopped)
    assert len(differences(rs.load("dose"), rs.load("mechanisms"))) < 20


def test_the_order_follows_the_tree() -> None:
    text = BASE
    for old, new in (
        ("threshold: 80", "threshold: 70"),
        ("sparsity: 0.9", "sparsity: 0.8"),
        ("1e-4", "1e-5"),
        ("of_pruned: 0.5", "of_pruned: 0.1"),
    ):
        text = text.replace(old, new)
    places = [sentence.split(".")[0] for sentence in differences(rs.loads(BASE), rs.loads(text))]
    assert places == ["induction", "arms", "follow_up", "derived"]


def test_a_control_is_said_as_a_variant() -> None:
    before = rs.loads(BASE)
    (sentence,) = differences(before, controlled(before, "random-regrowth"))
    assert sentence.startswith("variants.")
    assert "added: as ketamine, but regrow in the treatment with by random" in sentence


def test_whatever_decides_the_numbers_is_a_difference() -> None:
    before = rs.load("demo")
    for change in ("batch_size=32", "task.sd=0.5", "induction.prune.sparsity=0.5", "network.hidden=[8]"):
        assert len(differences(before, amended(before, change))) == 1
