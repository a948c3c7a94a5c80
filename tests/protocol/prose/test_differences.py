"""Differences in words: what was changed is said, once, where it stands; nothing is said of equal protocols."""

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
    ("train: 512", "train: 256"): ["task: train is 256 instead of 512."],
    ("[24, 20]", "[24]"): ["network: hidden widths are 24 instead of 24, 20."],
    ("network", "batch_size: 64\nnetwork"): ["network: a batch has 64 samples instead of 128."],
    ("sparsity: 0.9}", "sparsity: 0.8}"): ["induction: prune sparsity is 0.8 instead of 0.9."],
    ("of_pruned: 0.5", "of_pruned: 0.25"): ["arm ketamine: regrow of_pruned is 0.25 instead of 0.5."],
    ("untreated: []", "sham: []"): ["arm untreated is left out.", "arm sham is added: no treatment."],
    ("untreated: []", "untreated: [{discontinue: {}}]"): ["arm untreated: also discontinue."],
    ("of_active: 0.1}", "of_active: 0.2}"): ["follow-up, rounds 1 to 8: prune_more of_active is 0.2 instead of 0.1."],
    ("to: 8", "to: 6"): [
        "follow-up, rounds 7, 8: no longer prune_more of_active 0.1.",
        "follow-up, rounds 7, 8: no longer assess cycle: acc_combined.",
    ],
    ("[acc_combined, sparsity]", "[acc_combined, gain]"): [
        "follow-up: assess acute measures gain too and no longer measures sparsity."
    ],
    ("at: [2, 4]", "at: [4]"): ["follow-up: train side paths start at 4 instead of 2, 4."],
    ("at: [2, 4]", "share: false\n    at: [2, 4]"): ["follow-up: the side paths of train are each run apart."],
    ("at: [2, 4]", "arms: [ketamine]\n    at: [2, 4]"): ["follow-up: train is for ketamine instead of all arms."],
    ("at: [2, 4]", "when: acc_combined < 90\n    at: [2, 4]"): [
        "follow-up: train is done where acc_combined < 90 instead of always."
    ],
    ("fork: [", "fork: [{discontinue: {}}, "): ["follow-up, side path of train: also discontinue."],
    ("threshold: 80", "threshold: 70"): ["derived outcome crossing: threshold is 70 instead of 80."],
    ("crossing", "fall"): [
        "derived outcome crossing is left out.",
        "derived outcome fall is added: first of acc_combined, within cycle, condition course, threshold 80.",
    ],
    ("{sparsity: 0.9}", "{sparsity: {normal: [0.9, 0.01]}}"): [
        "induction: prune sparsity is drawn for each subject (normal 0.9, 0.01) instead of 0.9."
    ],
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
    assert sentence.startswith(
        "arm ketamine, levels 0.1, 0.2, 0.4: also side path (regrow of_pruned {0.1, 0.2, 0.4}, by"
    )
    cycles = BASE.replace("{cycle: {from: 1, to: 8}}", "{cycle: [1, 2], share: [0.1, 0.2], more: [0.3, 0.4]}")
    twice = "      - prune_more: {of_active: $share}\n      - prune_more: {of_active: $more}\n      - mark: {}"
    added = cycles.replace("      - prune_more: {of_active: 0.1}", "      - prune_more: {of_active: 0.1}\n" + twice)
    assert differences(rs.loads(cycles), rs.loads(added)) == [
        "follow-up, rounds 1, 2: also prune_more of_active {0.1, 0.2}.",
        "follow-up, rounds 1, 2: also prune_more of_active {0.3, 0.4}.",
        "follow-up, rounds 1, 2: also mark.",
    ]


def test_steps_outside_of_rounds_are_said_apart() -> None:
    before, after = (rs.load(name) for name in ("switch-relapse", "kindling"))
    said = differences(before, after)
    assert not any("rounds ;" in sentence for sentence in said)
    assert sum("also scar of_active" in sentence for sentence in said) == 2
    stopped = differences(before, rs.load("manic-switch"))
    assert any(sentence.startswith("follow-up, levels 25, 50") for sentence in stopped)
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
    places = [sentence.split(":")[0].split(",")[0] for sentence in differences(rs.loads(BASE), rs.loads(text))]
    assert places == ["induction", "arm ketamine", "follow-up", "derived outcome crossing"]


def test_a_control_is_said_as_a_variant() -> None:
    before = rs.loads(BASE)
    (sentence,) = differences(before, controlled(before, "random-regrowth"))
    assert sentence.startswith("variant ")
    assert "is added: as ketamine, but regrow in the treatment with by random" in sentence


def test_whatever_decides_the_numbers_is_a_difference() -> None:
    before = rs.load("demo")
    for change in ("batch_size=32", "task.sd=0.5", "induction.prune.sparsity=0.5", "network.hidden=[8]"):
        assert len(differences(before, amended(before, change))) == 1
