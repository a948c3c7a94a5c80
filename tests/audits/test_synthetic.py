"""The auditor on protocols whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells
from resynapse.audits.audit import Audit
from resynapse.audits.ledger import Entry, ledger
from resynapse.audits.published_arithmetic import Printed
from resynapse.audits.verdicts import VERDICTS
from resynapse.protocol.claim_tests import Every
from resynapse.protocol.claims import Reading

RIGHT = {
    "mechanism-works": "supported",
    "placebo": "holds as run",
    "false": "not supported",
    "two-faced": "mixed",
    "by-design": "by construction",
    "beyond": "not testable here",
    "nobody": "not testable here",
    "unmeasured": "not testable here",
}


def entry(audited: Audit, claim: str) -> Entry:
    return next(e for e in audited.claims if e.id == claim)


@pytest.mark.parametrize(("claim", "verdict"), RIGHT.items())
def test_each_claim_gets_the_verdict_that_is_true(audited: Audit, claim: str, verdict: str) -> None:
    assert verdict in VERDICTS
    assert entry(audited, claim).verdict == verdict, entry(audited, claim).sentence


def test_what_breaks_a_placebo_is_named(audited: Audit) -> None:
    placebo = entry(audited, "placebo")
    assert set(placebo.breakers) == {"equal-protection", "swapped-decay", "no-decay"}
    assert placebo.deciding_run.partition("under ")[2] in placebo.breakers
    assert f"Under {placebo.deciding_run.partition('under ')[2]} the claim does not hold" in placebo.sentence
    assert "It holds under" in entry(audited, "mechanism-works").sentence


def test_a_claim_about_a_part_is_read_with_and_without_it_under_every_nuisance(audited: Audit) -> None:
    works = entry(audited, "mechanism-works").readings[0]
    under = {check.control: [finding.what for finding in check.findings] for check in works.checks}
    assert any("rebuilding:many-draws minus rebuilding:sham+many-draws" in what for what in under["many-draws"])


def test_a_verdict_over_all_readings_says_which_holds_and_which_fails(audited: Audit) -> None:
    text = entry(audited, "two-faced").sentence
    assert "Read as protected it holds" in text
    assert "Read as accurate it fails" in text


def test_who_never_remitted_cannot_relapse(audited: Audit) -> None:
    assert "a subject of this kind" in entry(audited, "nobody").sentence


def test_the_matrix_shows_the_constant_that_a_placebo_rests_on(audited: Audit) -> None:
    changed = {cell.scenario: cell.after for cell in audited.matrix if cell.claim == "placebo" and cell.changed}
    assert changed["equal-protection"] == "fails"
    assert changed["swapped-decay"] == "fails"
    assert changed["protection left at the test 0.5"] == "fails"
    others = {c.claim for c in audited.matrix if c.scenario == "equal-protection" and c.changed}
    assert others <= {"placebo", "two-faced"}


def test_sensitivity_finds_the_constant_that_matters_and_only_where_it_acts(audited: Audit) -> None:
    of = [i for i in audited.sensitivity if i.quantity == "protection of favoured minus disfavoured at later"]
    effects = {index.factor: index.effect for index in of}
    # protection is the share left in its own arm and nothing else, so its whole range moves it by exactly 1
    assert effects.pop("protection left at the test, favoured") == pytest.approx(1.0)
    assert effects.pop("protection left at the test, disfavoured") == pytest.approx(1.0)
    assert set(effects.values()) == {0.0}


def test_other_tasks_and_networks_are_run(audited: Audit) -> None:
    assert {row.setting for row in audited.robustness} == {"half-width", "one-more-layer", "digits"}
    # another task has other steps and another chance: what was scaled is said
    assert any(text.startswith("digits: ") and "steps an epoch" in text for text in audited.reduced)
    assert any(text.startswith("digits: chance 10 % instead of 25 %") for text in audited.reduced)
    placebo = [row for row in audited.robustness if row.claim == "placebo"]
    assert {row.status for row in placebo} == {"holds"}


def test_the_map_covers_a_grid_of_the_two_constants_with_the_largest_effects(audited: Audit) -> None:
    points = [p for p in audited.map if p.claim == "placebo"]
    assert len(points) == 16
    assert len({(p.first_level, p.second_level) for p in points}) == 16


def test_published_numbers_that_contradict_themselves_need_no_run(synthetic: rs.Protocol, cells: Cells) -> None:
    claim = rs.loads(
        "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_clean]}]}\nclaims:\n"
        "- {id: every, statement: s, tests: [{every: {of: acc_clean of a at acute, above: 91}}]}"
    ).claims[0]
    of = Cell("a", "acute", "acc_clean")
    impossible = Printed(91.6, 0.05, 3.9, 0.05, 10, 100.0)
    judged = ledger([claim], cells, synthetic, {of: impossible})[0]
    assert judged.verdict == "contradicted by the article's own numbers"
    assert "at most 89.9" in judged.sentence
    assert judged.estimate is None
    # where the run measures it too, ours stands beside the article's
    here = replace(claim, readings=(Reading(tests=(Every(of="score of a at acute", above=11.5),)),))
    judged = ledger([here], cells, synthetic, {Cell("a", "acute", "score"): replace(impossible, mean=11.6)})[0]
    assert judged.verdict == "contradicted by the article's own numbers"
    assert (judged.estimate, judged.n) == (pytest.approx(100 * 4 / 6), 6)
    assert "The article's own tables" in judged.sentence
    assert "67 % of 6 simulated subjects" in judged.sentence
    # a narrower spread allows the claim, so that it waits for a run
    judged = ledger([claim], cells, synthetic, {of: replace(impossible, sd=0.5)})[0]
    assert judged.verdict == "not testable here"


def test_without_the_battery_a_claim_is_not_called_supported(synthetic: rs.Protocol) -> None:
    run = rs.run(rs.controlled(synthetic, "sham"), subjects=6)
    verdicts = {e.id: e for e in rs.audit(run).claims}
    works = verdicts["mechanism-works"]
    assert works.verdict == "holds as run"
    assert "Not part of this run: " in works.sentence
    assert "equal-protection" in works.not_run
    assert verdicts["false"].verdict == "not supported"
    assert verdicts["two-faced"].verdict == "mixed"


def test_a_run_is_judged_by_the_controls_that_it_holds(synthetic: rs.Protocol) -> None:
    run = rs.run(rs.controlled(rs.controlled(synthetic, "sham"), "equal-protection"), subjects=6)
    audit = rs.audit(run)
    verdicts = {e.id: e for e in audit.claims}
    assert verdicts["placebo"].breakers == ("equal-protection",)
    assert {cell.scenario for cell in audit.matrix} == {"sham", "equal-protection"}


def test_a_control_that_changes_nothing_cannot_break_a_claim() -> None:
    text = """
name: bare
task: {kind: gaussian-blobs, train: 128, test: 60, clean: 20}
network: {hidden: [8]}
arms: {a: [{train: {epochs: 2, lr: 5e-3}}, {assess: {condition: acute, outcomes: [acc_standard]}}]}
claims:
- {id: c, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 1}}]}
"""
    (found,) = rs.audit(rs.loads(text), subjects=6).claims
    assert found.verdict == "supported"
    assert "equal-protection" not in found.sentence
