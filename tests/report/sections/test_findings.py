"""A finding is a claim of ours: it is judged by the same rules as those of an article."""

from __future__ import annotations

import numpy as np
from tests.report.conftest import Stated

import resynapse as rs
from resynapse.report.run_data import RunData
from resynapse.report.sections.findings import chosen, findings, split

KEY = ("acute", "acc_combined")
ARMS = ("untreated", "ketamine", "ssri")


def _values(means: dict[str, float], spread: float = 1.0) -> dict[tuple[str, str, str], list[float]]:
    rng = np.random.default_rng(0)
    return {(arm, *KEY): (mean + spread * rng.normal(size=12)).tolist() for arm, mean in means.items()}


def test_arms_that_are_not_shown_to_differ_share_the_first_place(stated: Stated, small: rs.Protocol) -> None:
    run_data = RunData.of(stated(small, _values({"untreated": 30.0, "ketamine": 90.0, "ssri": 90.1})))
    one = split(run_data, *KEY)
    assert set(one.leading) == {"ketamine", "ssri"}
    assert one.following == ("untreated",)
    assert one.contrast is not None
    assert one.contrast.difference > 50
    (found,) = findings(run_data)
    assert "did best, not shown to differ from each other, then untreated (" in found.sentence
    assert found.tone == "open"
    assert found.standing == "Shown, but no control was run"
    assert "own-scale-noise" in chosen(run_data)


def test_no_difference_is_no_finding(stated: Stated, small: rs.Protocol) -> None:
    run_data = RunData.of(stated(small, _values(dict.fromkeys(ARMS, 50.0), spread=9.0)))
    (found,) = findings(run_data)
    assert found.standing == "Not shown"
    assert "are not shown to differ" in found.sentence


def test_a_control_under_which_the_order_turns_breaks_the_finding(stated: Stated, small: rs.Protocol) -> None:
    whole = rs.controlled(small, "own-scale-noise")
    values = _values({"untreated": 30.0, "ketamine": 90.0, "ssri": 60.0})
    turned = _values({"untreated": 30.0, "ketamine": 60.0, "ssri": 90.0})
    values |= {(f"{arm}:own-scale-noise", *rest): column for (arm, *rest), column in turned.items()}
    run_data = RunData.of(stated(whole, values))
    found = findings(run_data)[0]
    assert found.standing == "Breaks under own-scale-noise"
    assert found.tone == "bad"
    kept = {**values, **{(f"{a}:own-scale-noise", *rest): values[a, *rest] for a, *rest in turned}}
    found = findings(RunData.of(stated(whole, kept)))[0]
    assert found.standing == "Shown; some controls not run"
    assert "Survives own-scale-noise." in found.rests


def test_one_subject_shows_nothing(stated: Stated, small: rs.Protocol) -> None:
    values = {(arm, *KEY): [value] for arm, value in zip(ARMS, (30.0, 90.0, 60.0), strict=True)}
    (found,) = findings(RunData.of(stated(small, values)))
    assert found.standing == "No interval"
    assert found.tone == "open"
