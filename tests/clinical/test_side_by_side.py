"""The clinical side-by-side: its rules cannot be left out, and disagreement is shown as plainly as agreement."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.orders import rank_orders
from resynapse.clinical.evidence import figure
from resynapse.clinical.literature import literature
from resynapse.clinical.side_by_side import Beside, SideBySide, _drawn_yes, joint_agreement, side_by_side
from resynapse.protocol import Protocol, load

Tidy = Callable[..., pl.DataFrame]
Column = list[float | None]
SWITCH_RELAPSE = load("switch-relapse")


def _side(table: pl.DataFrame, protocol: Protocol = SWITCH_RELAPSE) -> SideBySide:
    cells = Cells.of(table)
    found = side_by_side(cells, protocol, rank_orders(cells, protocol))
    assert found is not None
    return found


def _entry(found: SideBySide, question: str, arm: str) -> Beside:
    return next(e for e in found.entries if (e.question, e.arm) == (question, arm))


def _stopping(tidy: Tidy, on: Column, off: Column, untreated: Column | None = None, arm: str = "ssri") -> Beside:
    values = {
        ("untreated", "acute", "acc_combined"): untreated or [30.0] * len(on),
        (arm, "acute", "acc_combined"): on,
        (arm, "off", "acc_combined"): off,
    }
    return _entry(_side(tidy(values)), "stopping", arm)


def test_every_finding_rests_on_verified_figures_of_the_evidence() -> None:
    for question in literature().questions:
        for finding in question.findings:
            assert all(figure(i).verified for i in (finding.first, finding.second) if i), finding.study
            if finding.second:
                assert figure(finding.first).measure == figure(finding.second).measure
                assert (figure(finding.first).value > figure(finding.second).value) == (finding.says == "yes")
            elif finding.says == "yes":
                assert (figure(finding.first).value < 1) == finding.inverse


def test_contested_questions_have_findings_on_both_sides_and_solid_ones_on_one() -> None:
    for question in literature().questions:
        assert len({f.says for f in question.findings}) == (2 if question.status == "contested" else 1)


def test_unverified_figures_never_appear_but_are_named_as_left_out(tidy: Tidy) -> None:
    found = _side(tidy({("ssri", "acute", "acc_biased_1.0"): [50, 60]}))
    assert {text.partition(":")[0] for text in found.left_out} == {"sw_sachs_ad", "on_murrough_ket"}
    shown = json.dumps([asdict(e) for e in found.entries])
    assert "STEP-BD" not in shown
    assert "0.64" not in shown


def test_absent_evidence_statement_and_disclaimer_are_part_of_every_side_by_side(tidy: Tidy) -> None:
    found = _side(tidy({("ketamine", "acute", "acc_biased_1.0"): [50, 60]}))
    assert any("neurosteroids: bipolar disorder was excluded" in a for a in found.absent)
    assert any("ketamine without a mood stabiliser" in a and "points the other way" in a for a in found.absent)
    assert "Only directions and rank orders are compared" in found.statement
    assert "Not clinical advice".lower() in found.disclaimer.lower()
    assert "all are held out" in found.roles
    assert any("one set of parameters" in limit for limit in found.limits)
    assert any("epochs are no weeks" in text for text in found.not_compared)
    assert {"stopping", "switch"} <= {e.question for e in found.entries}


def test_a_class_without_figures_is_neither_supported_nor_refuted(tidy: Tidy) -> None:
    values = {
        (arm, "acute", "acc_biased_1.0"): [20.0 + i, 22.0, 25.0] for i, arm in enumerate(("untreated", "ketamine"))
    }
    entry = _entry(_side(tidy(values)), "switch", "ketamine")
    assert entry.status == "absent"
    assert entry.findings == ()
    assert entry.agreement == "no clinical figure was found for this class: neither supported nor refuted"


def test_agreement_in_direction_names_the_studies_and_the_level_of_chance(tidy: Tidy) -> None:
    entry = _stopping(tidy, [90, 91, 92, 93, 94, 95, 96], [80, 80, 80, 80, 80, 80, 80])
    assert entry.model is not None
    assert (entry.model.answer, entry.model.subjects_yes) == ("yes", 7)
    assert entry.agreement == "consistent in direction with Geddes 2003, ANTLER 2021, Kato 2021"
    # ANTLER and Kato can be drawn, Geddes cannot; the model gave one answer, not two
    assert entry.share_of_draws is not None
    assert entry.share_of_draws > 0.99
    assert entry.chance == pytest.approx(0.5, abs=0.005)
    assert entry.p == 0.5
    assert [f.share_of_draws is None for f in entry.findings] == [True, False, False]


def test_which_findings_entered_the_draws_is_said_and_why_the_others_did_not(tidy: Tidy) -> None:
    entry = _stopping(tidy, [90, 91, 92, 93, 94, 95, 96], [80] * 7)
    assert entry.drawn == "can be drawn: ANTLER 2021, Kato 2021; cannot: Geddes 2003"
    assert [f.not_drawn for f in entry.findings] == ["neither an interval nor the size of an arm was published", "", ""]
    values = {("untreated", "acute", "acc_biased_1.0"): [40.0] * 7, ("ssri", "acute", "acc_biased_1.0"): range(50, 57)}
    switch = _entry(_side(tidy(values)), "switch", "ssri")
    assert "those that can all say yes, so the share speaks of that side alone" in switch.drawn
    assert {f.study for f in switch.findings if not f.not_drawn} == {"Viktorin 2014, monotherapy"}
    longer = _entry(_side(tidy(values)), "longer treatment", "ssri")
    assert [f.not_drawn for f in longer.findings if f.says == "no"] == [
        "its side rests on the authors' statement, not on an order of figures"
    ] * 2


def test_a_finding_that_is_drawn_rests_on_figures_that_show_its_own_side() -> None:
    """Most draws of a finding say what it is quoted for; what another contrast showed is not drawn from this one."""
    drawn = {f.study: (_drawn_yes(f), f.says) for q in literature().questions for f in q.findings}
    assert drawn["Ghaemi 2008"][0] is None
    for study, (yes, says) in drawn.items():
        if yes is not None:
            assert (yes.mean() > 0.5) == (says == "yes"), study


def test_disputes_without_a_counterpart_rest_on_verified_figures_and_the_rest_is_named(tidy: Tidy) -> None:
    found = _side(tidy({("ssri", "acute", "acc_clean"): [1, 2]}))
    for topic in found.topics:
        assert topic.why_not
        assert all(figure(i).verified for position in topic.positions for i in position.figures)
    said = " ".join((*(t.asks + t.missing for t in found.topics), *found.omitted))
    for name in ("SSRI", "ketamine", "zuranolone", "MOUNTAIN", "Baldessarini 2015", "Hu 2022", "STEP-BD"):
        assert name in said


def test_disagreement_is_said_in_capitals(tidy: Tidy) -> None:
    entry = _stopping(tidy, [80, 80, 81, 80, 80, 80, 80], [90, 91, 92, 93, 94, 95, 96])
    assert entry.agreement == "INCONSISTENT in direction with Geddes 2003, ANTLER 2021, Kato 2021"
    assert entry.share_of_draws is not None
    assert entry.share_of_draws < 0.01
    assert entry.p == 1.0


def test_a_direction_whose_interval_includes_zero_is_undecided(tidy: Tidy) -> None:
    entry = _stopping(tidy, [80, 90, 85, 84, 86, 83, 88], [85, 85, 85, 85, 85, 85, 85])
    assert entry.model is not None
    assert entry.model.answer == "undecided"
    assert entry.share_of_draws is None
    assert {f.agrees for f in entry.findings} == {None}


def test_one_subject_has_no_interval_to_include_anything(tidy: Tidy) -> None:
    entry = _stopping(tidy, [90.0], [80.0])
    assert entry.agreement == "undecided in this run: no interval (one subject: no interval)"


@pytest.mark.parametrize(("n", "answer"), [(2, "undecided"), (5, "undecided"), (6, "yes")])
def test_equal_differences_are_an_answer_where_a_sign_flip_could_be(n: int, answer: str, tidy: Tidy) -> None:
    entry = _stopping(tidy, [90.0] * n, [80.0] * n)
    assert entry.model is not None
    assert not entry.model.interval
    assert entry.model.answer == answer
    assert ("constant" in entry.agreement) == (answer == "undecided")


def test_stopping_is_read_among_those_who_responded(tidy: Tidy) -> None:
    untreated: Column = [30, 30, 30, 99, 99, 30, 30, 30, 30]
    entry = _stopping(tidy, [90, 91, 92, 20, 21, 93, 94, 95, 96], [80.0] * 9, untreated)
    assert entry.model is not None
    assert (entry.model.n, entry.model.selected_from, entry.model.answer) == (7, 9, "yes")
    nobody = _stopping(tidy, [20, 21], [10, 10])
    assert nobody.model is None
    assert nobody.note == "no simulated subject responded"
    assert nobody.agreement == "this run gives no answer"


def test_ketamine_stands_beside_ketamine_and_ssri_beside_antidepressants(tidy: Tidy) -> None:
    entry = _stopping(tidy, [90.0, 91, 92], [80.0, 80, 80], arm="ketamine")
    assert [f.study for f in entry.findings] == ["SUSTAIN-1, remitters", "SUSTAIN-1, responders"]


def test_without_an_untreated_arm_there_is_no_answer(tidy: Tidy) -> None:
    table = tidy({("ssri", "acute", "acc_combined"): [90, 91], ("ssri", "off", "acc_combined"): [80, 81]})
    entry = _entry(_side(table), "stopping", "ssri")
    assert entry.model is None
    assert "no arm untreated" in entry.note


def test_both_sides_of_the_switch_question_are_shown_whatever_the_model_says(tidy: Tidy) -> None:
    for treated, answer in (([20.0, 21, 22, 23], "yes"), ([60.0, 61, 62, 63], "no")):
        values = {("untreated", "acute", "acc_biased_1.0"): [40.0] * 4, ("ssri", "acute", "acc_biased_1.0"): treated}
        entry = _entry(_side(tidy(values)), "switch", "ssri")
        assert entry.model is not None
        assert entry.model.answer == answer
        assert {f.says for f in entry.findings} == {"yes", "no"}
        assert entry.agreement.startswith("contested: same direction as")
        assert "opposite to" in entry.agreement
        assert any("damaged" in remark for remark in entry.remarks)


def test_longer_maintenance_is_read_within_subjects(tidy: Tidy) -> None:
    counts = (25, 50, 100, 150, 200, 300)
    values = {("ssri", f"maintenance={c}", "acc_biased_1.0"): [50 + c / 10 + s for s in range(6)] for c in counts}
    entry = _entry(_side(tidy(values)), "longer treatment", "ssri")
    assert entry.model is not None
    assert (entry.model.answer, entry.model.difference) == ("yes", 1.0)
    assert entry.agreement == "contested: same direction as Reimherr 1998; opposite to Geddes 2003, Kato 2021"


def test_the_stabiliser_is_judged_against_the_same_arm_without_it(tidy: Tidy) -> None:
    values = {("ssri", "maintenance=25", "acc_biased_1.0"): [70.0, 71, 72, 73, 74, 78]}
    assert "--control no-protection" in _entry(_side(tidy(values)), "stabiliser", "ssri").note
    values["ssri:no-protection", "maintenance=25", "acc_biased_1.0"] = [60.0, 60, 60, 60, 60, 60]
    protocol = rs.controlled(SWITCH_RELAPSE, "no-protection")
    entry = _entry(_side(tidy(values), protocol), "stabiliser", "ssri")
    assert entry.model is not None
    assert entry.model.answer == "yes"
    drawn = {f.study: f.share_of_draws for f in entry.findings}
    assert drawn["Bottlender 2001"] is None
    assert drawn["Henry 2001, lithium"] == pytest.approx(_henry(), abs=0.01)


def _henry() -> float:
    """P(8 of 18 above 4 of 26) under Jeffreys' posteriors, by quadrature."""
    grid = np.linspace(0, 1, 20_001)
    without = stats.beta.pdf(grid, 0.44 * 18 + 0.5, 0.56 * 18 + 0.5)
    lithium = stats.beta.cdf(grid, 0.15 * 26 + 0.5, 0.85 * 26 + 0.5)
    return float(np.trapezoid(without * lithium, grid))


def test_arms_that_name_no_class_have_no_clinical_side(tidy: Tidy) -> None:
    cells = Cells.of(tidy({("mine", "acute", "acc_combined"): [1, 2]}))
    assert side_by_side(cells, SWITCH_RELAPSE, ()) is None


def test_joint_agreement_is_that_of_the_models_one_answer() -> None:
    yes = np.array([[True, True, False, True], [True, False, False, True]])
    # both yes in two draws of four, both no in one, apart in one
    assert joint_agreement(yes, True) == (0.5, (0.5 + 0.25) / 2, 0.5)
    assert joint_agreement(yes, False) == (0.25, (0.5 + 0.25) / 2, 1.0)


@given(st.integers(1, 6), st.booleans())
def test_findings_that_agree_among_themselves_are_met_by_a_coin_in_half_of_all_throws(k: int, answer: bool) -> None:
    """Not in 1 / 2**k: k findings on one side are one bit."""
    share, chance, p = joint_agreement(np.ones((k, 50), dtype=bool), answer)
    assert (share, chance, p) == (float(answer), 0.5, 0.5 if answer else 1.0)


@given(st.integers(1, 5))
def test_the_answers_of_a_coin_agree_as_often_as_chance_says(k: int) -> None:
    rng = np.random.default_rng(k)
    yes = rng.random((k, 400)) < rng.random((k, 1))
    shares = [joint_agreement(yes, answer)[0] for answer in (True, False)]
    assert joint_agreement(yes, True)[1] == pytest.approx(np.mean(shares))
    assert np.mean(shares) <= 0.5


CHANCE = 25.0
"""Of the four classes of `switch-relapse`."""


def _switch(tidy: Tidy, untreated: Column, healthy: Column | None = None) -> Beside:
    values: dict[tuple[str, str, str], Column] = {
        ("untreated", "acute", "acc_biased_1.0"): untreated,
        ("ssri", "acute", "acc_biased_1.0"): [value + 20 for value in untreated if value is not None],
    }
    if healthy is not None:
        values["untreated:healthy", "acute", "acc_biased_1.0"] = healthy
    return _entry(_side(tidy(values)), "switch", "ssri")


@pytest.mark.parametrize("healthy", [None, [95.0] * 8])
def test_a_question_whose_comparator_stands_at_chance_cannot_be_asked(tidy: Tidy, healthy: Column | None) -> None:
    """The untreated network of the publication scores 25.5 +- 0.9 there: no drug could take anything away."""
    entry = _switch(tidy, [25.5 + d for d in (-1.4, -0.9, -0.4, 0.0, 0.1, 0.5, 0.9, 1.2)], healthy)
    assert entry.model is None
    assert entry.agreement == entry.note
    assert entry.note.startswith("this run cannot answer it: untreated is at chance in acc_biased_1.0: 25.5 [")
    assert ("an intact network 95.0" in entry.note) == (healthy is not None)
    assert {f.agrees for f in entry.findings} == {None}
    assert (entry.share_of_draws, entry.chance, entry.p) == (None, None, None)


def test_a_comparator_above_the_floor_is_asked(tidy: Tidy) -> None:
    entry = _switch(tidy, [70.0 + d for d in range(8)], [95.0] * 8)
    assert entry.model is not None
    assert entry.model.answer == "no"


def test_a_test_that_an_intact_network_fails_asks_nothing(tidy: Tidy) -> None:
    entry = _switch(tidy, [40.0 + d for d in range(8)], [CHANCE + 0.5] * 8)
    assert entry.model is None
    assert "an intact network fails acc_biased_1.0 at acute too" in entry.note


def test_chance_is_that_of_the_task(tidy: Tidy) -> None:
    """With ten classes 25 % is well above it."""
    values = {
        ("untreated", "acute", "acc_biased_1.0"): [25.0, 26, 27, 28],
        ("ssri", "acute", "acc_biased_1.0"): [50.0] * 4,
    }
    entry = _entry(_side(tidy(values), load("digits-switch-relapse")), "switch", "ssri")
    assert entry.model is not None
    assert entry.model.answer == "no"


def test_durations_that_all_stand_at_chance_say_nothing_of_length(tidy: Tidy) -> None:
    counts = (25, 50, 100)
    values = {("ssri", f"maintenance={c}", "acc_biased_1.0"): [25 + c / 100 + s / 9 for s in range(6)] for c in counts}
    entry = _entry(_side(tidy(values)), "longer treatment", "ssri")
    assert entry.model is None
    assert "ssri after its best duration is at chance" in entry.note


def test_no_time_passes_where_stopping_is_read_and_it_is_said(tidy: Tidy) -> None:
    entry = _stopping(tidy, [90, 91, 92, 93, 94, 95, 96], [80] * 7)
    assert any("No time passes" in r and "Geddes 2003" in r and "ANTLER 2021" in r for r in entry.remarks)


def test_the_frame_has_a_row_for_every_finding_and_for_every_absence(tidy: Tidy) -> None:
    found = _side(tidy({("ssri", "acute", "acc_biased_1.0"): [50, 60], ("ketamine", "acute", "acc_clean"): [1, 2]}))
    assert found.frame().height == sum(max(1, len(e.findings)) for e in found.entries)
    assert found.frame().filter(status="absent")["study"].to_list() == [None] * 3
    assert set(found.frame()["statement"]) == {found.statement}
    assert {"share_of_draws", "chance", "says"} <= set(found.frame().columns)


def test_the_models_own_order_of_switching_stands_beside_no_figure(tidy: Tidy) -> None:
    values = {(a, "acute", "acc_biased_1.0"): [v] * 3 for a, v in (("ketamine", 80.0), ("ssri", 50.0))}
    (order,) = _side(tidy(values)).switch_order
    assert str(order.orders[0]) == "ketamine > ssri"
    assert order.chance == 50.0
