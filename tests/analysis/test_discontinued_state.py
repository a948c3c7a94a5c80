"""The state that is discontinued is found by what a protocol does, not by how it names its conditions."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.analysis.discontinued_state import baselines
from resynapse.protocol.routes import assessments

PROBE = "acc_biased_1.0"
STOP = """
name: x
arms: {a: [{drug: {gain: 1.25}}]}
follow_up:
  - assess: {condition: first, outcomes: [acc_biased_1.0]}
  - stabilise: {protection: 1.0}
  - train: {epochs: 4, lr: 1.0e-4}
    at: [2, 4]
    fork:
      - assess: {condition: well, outcomes: [acc_biased_1.0]}
      BETWEEN
      - discontinue: {}
      - assess: {condition: gone, outcomes: [acc_biased_1.0]}
      - decay: {steps: 5, per_step: 0.1}
      - assess: {condition: end, outcomes: [acc_biased_1.0, acc_combined]}
"""


def stopped(between: str) -> dict[str, str]:
    return baselines(rs.loads(STOP.replace("BETWEEN", between)).routes["a"], PROBE)


@pytest.mark.parametrize("between", ["", "- mark: {}", "- enrol: acc_biased_1.0 >= 60"])
def test_each_count_has_the_test_right_before_its_own_stop(between: str) -> None:
    assert stopped(between) == {f"{after}={count}": f"well={count}" for count in (2, 4) for after in ("gone", "end")}


@pytest.mark.parametrize(
    "between",
    ["- prune_more: {of_active: 0.1}", "- train: {epochs: 1, lr: 1.0e-4}", "- drug: {gain: 1.1}"],
)
def test_a_test_of_another_state_is_no_baseline(between: str) -> None:
    assert stopped(between) == {}


def test_what_was_not_measured_before_the_stop_has_no_baseline() -> None:
    protocol = rs.loads(STOP.replace("BETWEEN", ""))
    assert baselines(protocol.routes["a"], "acc_combined") == {}


@pytest.mark.parametrize("arm", ["ketamine", "ssri", "neurosteroid"])
def test_in_the_article_it_is_the_maintained_state_of_the_same_duration(arm: str) -> None:
    found = baselines(rs.load("switch-relapse").routes[arm], PROBE)
    for count in (25, 50, 100, 150, 200, 300):
        assert found[f"maintenance={count}"] == found[f"stopped={count}"] == f"maintained={count}"
    # the first of these is itself measured after nothing was withdrawn
    assert "maintained=25" not in found


def test_the_untreated_arm_has_nothing_that_is_discontinued() -> None:
    assert baselines(rs.load("switch-relapse").routes["untreated"], PROBE) == {}


@pytest.mark.parametrize(
    ("name", "arm", "after", "before"),
    [
        ("washout", "ssri", "washout=0", "maintained"),
        ("washout", "ssri", "own-washout=250", "maintained"),
        ("taper", "ketamine", "stopped=25", "before-stop=25"),
        ("ssri-stabilised", "ssri-stabiliser-added", "stabiliser-stopped=50", "kept=50"),
        ("ssri-stabilised", "ssri-stabiliser-added", "washed-out=25,67", "kept=25"),
        ("ssri-stabilised", "ssri-stabiliser-added", "drug-stopped=25", "kept=25"),
    ],
)
def test_in_the_questions_it_is_what_their_pages_call_the_state_before(
    name: str, arm: str, after: str, before: str
) -> None:
    assert baselines(rs.load(name).routes[arm], PROBE)[after] == before


@pytest.mark.parametrize("name", ["kindling", "chronic-stress", "repeated-courses"])
def test_from_cycle_to_cycle_nothing_is_discontinued(name: str) -> None:
    for route in rs.load(name).routes.values():
        for outcome in ("stress_test", "acc_combined"):
            found = baselines(route, outcome)
            assert not any(condition.startswith("cycle=") for condition, _ in assessments(route) if condition in found)
