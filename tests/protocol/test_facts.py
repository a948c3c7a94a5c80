"""What is known about the outcomes of a protocol."""

from __future__ import annotations

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.analysis.cells import yes_or_no
from resynapse.controls.registry import controlled
from resynapse.protocol import library, load
from resynapse.protocol.facts import facts


@pytest.mark.parametrize("name", library())
def test_every_outcome_of_the_library_has_a_title_a_unit_and_bounds_that_fit_it(name: str) -> None:
    for outcome, found in facts(load(name)).items():
        assert found.title
        assert found.unit in ("%", "points", "count", "1")
        assert (found.bounds == (0.0, 100.0)) == (found.unit == "%"), outcome


def test_values_lie_within_the_bounds_and_flags_are_0_or_100() -> None:
    protocol = miniature(load("kindling"))
    found = facts(protocol)
    for arm, _, outcome, value in (
        rs.run(protocol, subjects=1).table().select("arm", "condition", "outcome", "value").iter_rows()
    ):
        low, high = found[outcome].bounds or (-float("inf"), float("inf")) if outcome in found else (value, value)
        assert low <= value <= high, (arm, outcome)
        if outcome in found and found[outcome].flag:
            assert value in (0.0, 100.0)


def test_an_accuracy_under_another_name_is_an_accuracy() -> None:
    stress = facts(load("kindling"))["stress_test"]
    assert (stress.kind, stress.bounds, stress.family) == ("accuracy", (0.0, 100.0), "acc_biased")


def test_outcomes_at_other_thresholds_have_the_facts_of_the_protocols_own() -> None:
    swept = controlled(load("switch-relapse"), "threshold-sweep")
    found = facts(swept)
    for name in ("manic_relapse", "manic_relapse_probability"):
        own, other = found[name], found[f"{name}_below_48"]
        assert (own.unit, own.bounds, own.flag, own.digits) == (other.unit, other.bounds, other.flag, other.digits)


def test_settings_and_yes_or_no_outcomes_are_told_by_the_outcomes_themselves() -> None:
    protocol = load("switch-relapse")
    assert {name for name, found in facts(protocol).items() if found.setting} == {
        "sparsity",
        "gain",
        "effective_gain",
        "protection",
    }
    assert yes_or_no(protocol) == {"manic_relapse"}
