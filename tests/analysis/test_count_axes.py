"""Where counts are time, and where they are exposures that are tested apart."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.analysis.count_axes import APART, SWEEP, side_paths

HEAD = """
name: p
arms: {a: []}
follow_up:
"""
LOOK = "{assess: {condition: look, outcomes: [acc_biased_1.0]}}"


def _apart(follow_up: str) -> dict[str, tuple[str, ...]]:
    return side_paths(rs.loads(HEAD + follow_up.replace("LOOK", LOOK)))


TIME = {
    "the state itself along training": "  - {train: {epochs: 4, lr: 0.1}, at: [2, 4], fork: [LOOK]}",
    "steps of a washout": "  - {stabilise: {protection: 1}}\n  - {decay: {steps: 9, per_step: 0.1}, at: [3, 9], fork: [LOOK]}",
    "a washout on a side path": "  - fork: [{discontinue: {}}, {decay: {steps: 9, per_step: 0.1}, at: [3], fork: [LOOK]}]",
    "a washout after each duration": "  - {train: {epochs: 4, lr: 0.1}, at: [2, 4], fork: "
    "[{discontinue: {}}, {decay: {steps: 9, per_step: 0.1}, at: [3, 9], fork: [LOOK]}]}",
    "rounds that go on": "  - repeat: {cycle: [1, 2]}\n    do: [{prune_more: {of_active: 0.1}}, LOOK]",
    "rounds on a side path": "  - fork: [{repeat: {cycle: [1, 2]}, do: [{prune_more: {of_active: 0.1}}, LOOK]}]",
    "a side path of a round that only looks": "  - repeat: {cycle: [1, 2]}\n"
    "    do: [{prune_more: {of_active: 0.1}}, {fork: [LOOK]}]",
    "no count": "  - fork: [{discontinue: {}}, LOOK]",
}
EXPOSURE = {
    "what is stopped first": (
        "  - {train: {epochs: 4, lr: 0.1}, at: [2, 4], fork: [{discontinue: {}}, LOOK]}",
        ("discontinue",),
    ),
    "a side path of a side path": (
        "  - {train: {epochs: 4, lr: 0.1}, at: [2, 4], fork: [{fork: [{discontinue: {}}, LOOK]}]}",
        ("discontinue",),
    ),
    "durations that are each run apart": (
        "  - {train: {epochs: 4, lr: 0.1}, at: [2, 4], share: false, fork: [LOOK]}",
        (APART,),
    ),
    "levels of a dose": (
        "  - sweep: {of_active: [0.1, 0.2]}\n    do: [{prune_more: {of_active: $of_active}}, LOOK]",
        (SWEEP, "prune_more"),
    ),
    "a lesion of every round": (
        "  - repeat: {cycle: [1, 2]}\n"
        "    do: [{train: {epochs: 1, lr: 0.1}}, {fork: [{prune_more: {of_active: 0.1}}, LOOK]}]",
        ("prune_more",),
    ),
}


@pytest.mark.parametrize("follow_up", TIME.values(), ids=TIME)
def test_counts_of_one_trajectory_are_time(follow_up: str) -> None:
    assert _apart(follow_up) == {}


@pytest.mark.parametrize(("follow_up", "kinds"), EXPOSURE.values(), ids=EXPOSURE)
def test_counts_that_are_tested_apart_are_exposures(follow_up: str, kinds: tuple[str, ...]) -> None:
    assert _apart(follow_up) == {"look": kinds}


def test_of_the_library_washouts_cycles_and_kept_states_are_time_and_maintenance_and_doses_are_not() -> None:
    time = {"washout": ("washout", "own-washout"), "kindling": ("cycle",), "chronic-stress": ("cycle",),
            "switch-relapse": ("maintained", "onset"), "ssri-stabilised": ("kept", "washed-out")}  # fmt: skip
    exposure = {"switch-relapse": ("maintenance", "stopped"), "demo": ("maintenance",), "dose": ("dose",),
                "fragility": ("depth",), "taper": ("stopped",)}  # fmt: skip
    for name, conditions in time.items():
        assert not set(conditions) & set(side_paths(rs.load(name))), name
    for name, conditions in exposure.items():
        assert set(conditions) <= set(side_paths(rs.load(name))), name
