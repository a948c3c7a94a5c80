"""Scenarios: which arms and outcomes are read in place of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.audits.scenarios import AS_RUN, battery, missing_from, scenarios, thresholds
from resynapse.controls.registry import nuisances
from resynapse.protocol.claim_tests import Measure
from resynapse.protocol.variants import Variant


@pytest.fixture(scope="module")
def article() -> rs.Protocol:
    return rs.load("switch-relapse")


def test_the_run_itself_reads_every_cell_as_it_is() -> None:
    measure = Measure("y", "a", "acute")
    assert AS_RUN.read(measure) == measure


@pytest.mark.parametrize("name", ["equal-protection", "many-draws", "matched-exposure"])
def test_a_control_replaces_the_arms_that_it_changes_and_no_other(article: rs.Protocol, name: str) -> None:
    tree = rs.controlled(article, name)
    (scenario,) = scenarios(tree, name)
    changed = {variant.of for variant in tree.variants.values() if variant.control == name}
    assert dict(scenario.arms) == {arm: f"{arm}:{name}" for arm in changed}
    assert scenarios(article, name) == ()


def test_an_arm_of_one_control_is_read_under_another_where_both_were_applied(article: rs.Protocol) -> None:
    tree = rs.controlled(rs.controlled(article, "no-gain"), "many-draws")
    one, other = tree.variants["ssri:no-gain"], tree.variants["ssri:many-draws"]
    both = Variant(of="ssri", changes=(*one.changes, *other.changes), control="no-gain+many-draws")
    tree = replace(tree, variants={**tree.variants, "ssri:no-gain+many-draws": both})
    (scenario,) = scenarios(tree, "many-draws")
    assert scenario.arms["ssri:no-gain"] == "ssri:no-gain+many-draws"
    assert scenario.arms["ssri"] == "ssri:many-draws"
    (alone,) = scenarios(tree, "no-gain")
    assert set(alone.arms.values()) == {name for name, v in tree.variants.items() if v.control == "no-gain"}


def test_what_is_missing_and_what_is_there_are_the_battery_of_a_protocol(article: rs.Protocol) -> None:
    tree = rs.controlled(article, "threshold-sweep")
    present = {scenario.name.partition(",")[0] for scenario in battery(tree)}
    assert present == {"threshold-sweep"}
    assert set(missing_from(article)) - set(missing_from(tree)) == present
    assert set(missing_from(article)) <= set(nuisances())


def test_every_other_threshold_renames_an_outcome_of_the_protocol(article: rs.Protocol) -> None:
    tree = rs.controlled(article, "threshold-sweep")
    outcomes = {rule.outcome for rule in tree.derived}
    found = thresholds(tree)
    assert found
    for renamed in found.values():
        assert set(renamed) <= {rule.outcome for rule in article.derived}
        assert set(renamed.values()) <= outcomes
