"""The whole analysis: complete where it can be, silent about nothing, the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.analyse import Analysis, analyse
from resynapse.analysis.estimate import COLUMNS
from resynapse.errors import ResynapseError

Tidy = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, looked_at: rs.Protocol) -> rs.Run:
    return rs.run(looked_at, subjects=3, out=tmp_path_factory.mktemp("analyse") / "run")


@pytest.fixture(scope="module")
def found(run: rs.Run) -> Analysis:
    return run.analyse()


def _reasons(found: Analysis) -> dict[str, str]:
    return {a.part: a.reason for a in found.absent}


def test_every_part_is_there_or_said_to_be_absent(found: Analysis) -> None:
    parts = ("contrasts", "orders", "relapse", "survival", "dose", "traits", "plans", "equivalence", "clinical")
    for part in parts:
        assert bool(getattr(found, part)) != (part in _reasons(found)), part
    assert "no published table of protocol 'tiny'" in _reasons(found)["equivalence"]
    assert found.subjects == 3
    assert "not clinical advice" in found.disclaimer


def test_the_same_table_gives_the_same_analysis_bit_for_bit(run: rs.Run, found: Analysis) -> None:
    assert analyse(run.table(), run.protocol).to_json() == found.to_json()


def test_json_and_frame_hold_the_same_numbers(found: Analysis) -> None:
    content = json.loads(found.to_json())
    frame = found.frame()
    assert frame.columns == list(COLUMNS)
    means = frame.filter(part="description", quantity="mean")
    assert means["value"].to_list() == [d["mean"] for d in content["descriptions"]]
    differences = frame.filter(part="contrast", quantity="difference")
    assert differences["p"].to_list() == [c["p"] for c in content["contrasts"]]
    assert {"order", "relapse", "time to relapse, all", "plan"} <= set(frame["part"])


def test_one_outcome_alone_keeps_its_numbers(found: Analysis) -> None:
    part = found.only(["acc_combined"])
    assert {d.outcome for d in part.descriptions} == {c.outcome for c in part.contrasts} == {"acc_combined"}
    assert set(part.contrasts) <= set(found.contrasts)
    assert part.clinical is None
    assert found.only([]) == found
    with pytest.raises(ResynapseError, match="no outcome 'acc_combine' in this run; did you mean 'acc_combined'"):
        found.only(["acc_combine"])


def test_one_subject_is_analysed_without_intervals(tiny: rs.Protocol) -> None:
    one = rs.run(tiny, subjects=1).analyse()
    assert one.remarks[0] == "One subject: no interval, no spread and no test."
    assert not any(d.interval for d in one.descriptions)
    assert {d.sd for d in one.descriptions} == {None}
    assert _reasons(one)["plans"] == "one subject has no spread"
    assert json.loads(one.to_json())
    assert one.frame().height


def test_constant_outcomes_are_analysed(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    values = {(a, "acute", "acc_clean"): [100.0] * 6 for a in ("untreated", "ssri")}
    found = analyse(tidy(values), switch_relapse)
    assert found.descriptions[0].interval.method == "Clopper-Pearson"
    assert found.contrasts[0].p == 1.0
    assert _reasons(found)["plans"] == "no paired difference in %, points or a pure number varies"
    assert json.loads(found.to_json())


def test_an_outcome_missing_in_an_arm_and_subjects_missing_in_a_cell_are_said(
    tidy: Tidy, switch_relapse: rs.Protocol
) -> None:
    values = {
        ("untreated", "acute", "acc_clean"): [10, 20, None, 40],
        ("ssri", "acute", "acc_clean"): [90, 91, 92, 93],
        ("ssri", "acute", "acc_combined"): [90, 91, 92, 93],
    }
    found = analyse(tidy(values), switch_relapse)
    assert "Not every cell has every subject: n runs from 3 to 4." in found.remarks
    assert [(c.outcome, c.n) for c in found.contrasts] == [("acc_clean", 3)]


def test_an_empty_table_is_refused(switch_relapse: rs.Protocol) -> None:
    empty = pl.DataFrame(schema={"arm": pl.String})
    with pytest.raises(ResynapseError, match="has no value; run at least one subject first"):
        analyse(empty, switch_relapse)


def test_what_is_still_to_come_is_said(run: rs.Run) -> None:
    found = analyse(run.table(), run.protocol, unfinished=4)
    assert found.remarks[0] == "4 more subjects are still to come: these are the finished ones."


def test_a_published_protocol_is_tested_for_equivalence(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    rng = np.random.default_rng(0)
    values = {("ssri", "acute", "acc_combined"): rng.normal(90.5, 3.0, 10).tolist()}
    found = analyse(tidy(values), switch_relapse)
    assert {e.verdict for e in found.equivalence} > {"not run"}
    smaller = analyse(tidy(values), rs.protocol.amended(switch_relapse, "network.hidden=[8]"))  # type: ignore[attr-defined]
    assert any("no replication" in r for r in smaller.remarks)


def test_when_holm_can_reach_nothing_it_is_said_beforehand(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    rng = np.random.default_rng(1)
    outcomes = ("acc_combined", "acc_internal_2.5", "relapse_drop")
    values = {(a, "acute", o): rng.normal(50, 5, 6).tolist() for a in ("untreated", "ssri") for o in outcomes}
    found = analyse(tidy(values), switch_relapse)
    said = "With 6 subjects a sign-flip p is never below 0.0312; after Holm over 3 outcomes it is never below 0.0938"
    assert any(said in r for r in found.remarks)


def test_what_holm_cannot_reach_is_said_of_those_pairs_alone(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    """Three endpoints are out of reach of six subjects, one is not: 3 / 2**5 > 0.05 > 1 / 2**5."""
    rng = np.random.default_rng(2)
    values = {
        (arm, "acute", outcome): rng.normal(20 * place, 1, 6).tolist()
        for place, (arm, size) in enumerate((("untreated", 1), ("ketamine", 3), ("ssri", 3)))
        for outcome in ("acc_combined", "acc_internal_2.5", "relapse_drop")[:size]
    }
    found = analyse(tidy(values), switch_relapse)
    (said,) = [r for r in found.remarks if "after Holm" in r]
    assert "over 3 outcomes it is never below 0.0938, so none of ssri - ketamine can" in said
    for one in found.contrasts:
        named = f"{one.arm} - {one.other}" in said
        assert named == (one.p_holm is not None and one.p_holm > 0.05)


def test_arms_of_an_unfinished_or_foreign_folder_give_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ResynapseError, match=r"no run here \(manifest.json is missing\)"):
        rs.Run(tmp_path).analyse()


def test_a_virtual_population_has_trait_effects(tidy: Tidy) -> None:
    rng = np.random.default_rng(2)
    values = {
        ("ssri", "trait", "adversity"): rng.uniform(0, 0.06, 8).tolist(),
        ("ssri", "cycle=0", "stress_test"): rng.normal(60, 5, 8).tolist(),
    }
    found = analyse(tidy(values), rs.load("kindling"))
    assert found.traits[0].trait == "adversity"
    assert "trait" in set(found.frame()["part"])


def test_no_time_to_relapse_along_durations_that_are_tested_apart_and_it_is_said_why(tidy: Tidy) -> None:
    """Kaplan-Meier, restricted means and log-rank have no meaning where a count is an exposure."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for arm, probe in (("ssri", [70.0, 50.0, 40.0]), ("ketamine", [90.0, 90.0, 90.0])):
        values[arm, "acute", "acc_biased_1.0"] = [80.0] * 3
        values |= {(arm, f"maintenance={c}", "acc_biased_1.0"): probe for c in (25, 50)}
    found = analyse(tidy(values), rs.load("switch-relapse"))
    assert (found.survival, found.survival_contrasts) == ((), ())
    assert found.relapse
    assert [(one.condition, one.apart[:2]) for one in found.untimed] == [("maintenance", ("discontinue", "decay"))]
    assert _reasons(found)["survival"].startswith("no time to relapse along maintenance: each count is an exposure")
    assert found.only(parts=["contrasts"]).untimed == ()
    values = {(a, "washout" + c[11:] if c != "acute" else "maintained", o): v for (a, c, o), v in values.items()}
    along = analyse(tidy(values), rs.load("washout"))
    assert {one.within for one in along.survival} == {"washout"}
    assert along.survival_contrasts
    assert along.untimed == ()
