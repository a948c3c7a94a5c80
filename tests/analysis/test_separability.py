"""The guard of floors and ceilings: a test that the intact network fails, or everybody passes, separates nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis.conftest import Tidy

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.separability import CLOSE, ROOM, Separability, reference_sentence, references, separability
from resynapse.controls import controlled

HEALTHY = "untreated:healthy"
CHANCE = 25.0
accuracy = st.floats(0, 100)


def _one(
    protocol: rs.Protocol, values: dict[str, float], outcome: str = "acc_biased_1.0", condition: str = "acute"
) -> Separability:
    cells = Cells.of(Tidy()({(arm, condition, outcome): [v, v] for arm, v in values.items()}))
    (found,) = separability(cells, protocol)
    return found


@given(healthy=accuracy, untreated=accuracy, treated=accuracy)
def test_accuracies_separate_only_between_floor_and_ceiling(
    switch_relapse: rs.Protocol, healthy: float, untreated: float, treated: float
) -> None:
    found = _one(switch_relapse, {HEALTHY: healthy, "untreated": untreated, "ketamine": treated})
    arms = (untreated, treated)
    expected = (
        "reference fails" if healthy < CHANCE + ROOM
        else "every network passes" if min(arms) >= healthy - CLOSE
        else "no network passes" if max(arms) < CHANCE + ROOM
        else "separates"
    )  # fmt: skip
    assert found.verdict == expected
    assert found.flagged == (expected != "separates")
    assert (found.lowest, found.highest, found.healthy) == (min(arms), max(arms), healthy)
    assert (found.lowest_arm == found.highest_arm) == (untreated == treated)


@pytest.mark.parametrize(
    ("healthy", "untreated", "treated", "verdict"),
    [(0, 100, 0, "separates"), (50, 100, 0, "reference fails"), (0, 0, 0, "every network passes"),
     (0, 100, 100, "no network passes")],
)  # fmt: skip
def test_thresholds_are_judged_by_the_share_below_them(
    switch_relapse: rs.Protocol, healthy: float, untreated: float, treated: float, verdict: str
) -> None:
    values = {HEALTHY: healthy, "untreated": untreated, "ketamine": treated}
    assert _one(switch_relapse, values, "manic_relapse", "maintenance=25").verdict == verdict


def test_without_an_intact_network_nothing_is_said_of_a_test(switch_relapse: rs.Protocol) -> None:
    found = _one(switch_relapse, {"untreated": 25.0, "ketamine": 90.0})
    assert (found.verdict, found.healthy, found.flagged) == ("no reference", None, False)
    assert "No intact network was tested" in reference_sentence([found])
    assert reference_sentence([]) == ""


def test_settings_drops_and_variants_are_no_tests(switch_relapse: rs.Protocol, tidy: Tidy) -> None:
    arms = {HEALTHY: 99.0, "untreated": 30.0, "ketamine": 90.0, "ketamine:sham": 5.0}
    values = {
        (arm, "acute", outcome): [v, v]
        for arm, v in arms.items()
        for outcome in ("acc_combined", "sparsity", "gain", "relapse_drop", "activation_magnitude")
    }
    (found,) = separability(Cells.of(tidy(values)), switch_relapse)
    assert (found.outcome, found.lowest_arm) == ("acc_combined", "untreated")


def test_the_sentence_names_what_cannot_separate(switch_relapse: rs.Protocol, tidy: Tidy) -> None:
    rows = {"acc_combined": (98.0, 30.0, 97.0), "acc_internal_2.5": (30.0, 29.0, 77.0)}
    values = {
        (arm, "acute", outcome): [v, v]
        for outcome, scores in rows.items()
        for arm, v in zip((HEALTHY, "untreated", "ketamine"), scores, strict=True)
    }
    said = reference_sentence(separability(Cells.of(tidy(values)), switch_relapse))
    assert "(acc_internal_2.5 at acute): reference fails." in said


def test_the_intact_network_of_an_arm_without_treatment_comes_first(switch_relapse: rs.Protocol) -> None:
    assert references(switch_relapse) == (HEALTHY,)
    every = controlled(rs.load("manic-switch"), "healthy")
    assert len(references(every)) == len(every.arms) > 1
    assert references(every)[0] == HEALTHY
    assert references(rs.load("courses")) == ()


def test_an_untouched_reference_stands_in_but_not_after_a_loss(switch_relapse: rs.Protocol, tidy: Tidy) -> None:
    values = {(HEALTHY, "acute", "acc_combined"): [98.0, 99.0]}
    values |= {
        (arm, condition, "acc_combined"): [v, v]
        for condition in ("off", "maintained=25", "lesioned")
        for arm, v in (("ssri", 60.0), ("ketamine", 95.0))
    }
    found = {one.condition: one for one in separability(Cells.of(tidy(values)), switch_relapse)}
    assert {c: (one.healthy, one.healthy_at) for c, one in found.items()} == {
        "off": (98.5, "acute"), "maintained=25": (98.5, "acute"), "lesioned": (None, ""),
    }  # fmt: skip
    assert "(at acute, unchanged)" in found["off"].sentence
    assert "Tests without a reference: 1." in reference_sentence(list(found.values()))
