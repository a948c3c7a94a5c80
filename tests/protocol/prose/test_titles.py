"""Titles for people."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.controls.registry import controlled
from resynapse.errors import ProtocolError
from resynapse.protocol import dump, library, load, parse
from resynapse.protocol.prose.titles import SLOT, named, titles_of
from resynapse.protocol.routes import looks
from resynapse.runs.store.folder import UNNUMBERED


@pytest.mark.parametrize("name", library())
def test_every_condition_arm_and_outcome_of_the_library_has_a_title_of_its_own(name: str) -> None:
    protocol = load(name)
    titles = titles_of(protocol)
    arms = [titles.arm(arm) for arm in protocol.routes]
    assert len(set(arms)) == len(arms)
    for arm, route in protocol.routes.items():
        conditions = dict.fromkeys(condition for condition, _ in looks(route))
        shown = [titles.condition(condition) for condition in conditions]
        assert len(set(shown)) == len(shown), (arm, shown)
        assert not any(SLOT in one or "=" in one for one in shown)
    outcomes = [titles.outcome(outcome) for outcome in titles.facts]
    assert len(set(outcomes)) == len(outcomes)
    assert not any("_" in one for one in outcomes)


def test_titles_change_no_number_and_go_through_files() -> None:
    protocol = load("switch-relapse")
    assert "titles" in UNNUMBERED
    assert parse(dump(protocol)) == protocol
    assert "titles" not in dump(parse({"name": "x", "arms": {"a": []}}))


def test_a_condition_without_a_title_is_told_from_the_tree() -> None:
    protocol = rs.loads("""
name: x
arms: {low-dose: [drug: {gain: 1.2}]}
follow_up:
  - train: {epochs: 4, lr: 0.001}
    at: [1, 2]
    fork: [{assess: {condition: kept_on, outcomes: [sparsity]}}, {discontinue: {}}, {assess: {condition: test, outcomes: [gain]}}]
  - repeat: {cycle: [0, 1]}
    do: [{assess: {condition: again, outcomes: [sparsity]}}]
  - sweep: {share: [0.5, 0.25]}
    do: [{prune_more: {of_active: $share}}, {assess: {condition: less, outcomes: [sparsity]}}]
""")
    titles = titles_of(protocol)
    assert titles.arm("low-dose") == "low dose"
    assert titles.condition("kept_on=2") == "kept on, after 2 epochs"
    assert titles.condition("test=1") == "test, after 1 epoch, drug stopped"
    assert titles.condition("again=1") == "again, round 1"
    assert titles.condition("less=0.25") == "less, level 0.25"
    assert titles.condition("kept_on") == "kept on"


def test_controls_and_other_thresholds_are_told_beside_what_they_change() -> None:
    titles = titles_of(controlled(controlled(load("switch-relapse"), "sham"), "threshold-sweep"))
    assert titles.arm("ketamine:sham") == "ketamine-like, control sham"
    assert titles.outcome("manic_relapse_below_48") == f"{titles.outcome('manic_relapse')}, threshold 48"


def test_a_file_built_on_another_keeps_its_titles_and_replaces_some() -> None:
    built = rs.loads("name: x\nbase: demo\ntitles: {arms: {ssri: slow drug}}\n")
    titles = titles_of(built)
    assert titles.arm("ssri") == "slow drug"
    assert titles.arm("ketamine") == titles_of(load("demo")).arm("ketamine")


def test_a_title_says_the_name_to_type_only_where_it_is_another() -> None:
    demo = titles_of(load("demo"))
    assert (demo.column("ssri"), demo.column("untreated")) == ("SSRI-like", "untreated")
    assert named("untreated", "untreated") == "untreated"
    assert named("SSRI-like treatment", "ssri") == "SSRI-like treatment (ssri)"


@pytest.mark.parametrize("value", ["[]", "{arm: {}}", "{arms: {a: 3}}"])
def test_titles_of_another_form_are_refused_with_their_place(value: str) -> None:
    with pytest.raises(ProtocolError, match="titles"):
        rs.loads(f"name: x\narms: {{a: []}}\ntitles: {value}\n")
