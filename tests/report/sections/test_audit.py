"""An audit as tables, sentences and JSON."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from tests.report.pages import words_of

import resynapse as rs
from resynapse.audits.audit import Audit
from resynapse.audits.verdicts import VERDICTS
from resynapse.report.figures.matrix import matrix
from resynapse.report.run_data import RunData
from resynapse.report.sections.audit import AS_IT_IS, MEANING, audit_section, audit_sentences, audit_tables

FILE = """
name: small
task: {kind: gaussian-blobs, train: 256, test: 100, clean: 20}
network: {hidden: [12, 8]}
induction: [{train: {epochs: 1, lr: 5e-3}}, {prune: {sparsity: 0.8}}]
arms:
  untreated: []
  trained: [train: {epochs: 1, lr: 5e-3}]
follow_up: [assess: {condition: acute, outcomes: [acc_standard, acc_internal_1.0]}]
claims:
  - id: order
    statement: Training helps.
    where: Results
    readings:
      - id: both
        interpretation: More than no treatment, and in a rank order.
        tests:
          - difference: {of: acc_standard of trained at acute, minus: acc_standard of untreated at acute, above: 0}
          - order: {of: acc_internal_1.0, at: acute, arms: [trained, untreated]}
      - id: little
        interpretation: Not much.
        tests: [{mean: {of: acc_internal_1.0 of trained at acute, above: 100}}]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "small.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def audit(small: Path) -> Audit:
    return rs.audit(rs.load(small), subjects=6, out=small.parent / "out")


def test_every_claim_stands_in_the_ledger_with_its_verdict(audit: Audit) -> None:
    ledger = audit_tables(audit)[0]
    assert [row[:2] for row in ledger.rows] == [(e.id, e.verdict) for e in audit.claims]
    assert audit.summary == ledger.title
    said = " ".join(audit_sentences(audit))
    assert all(entry.sentence in said for entry in audit.claims)
    assert "Reduced at depth quick" in said


def test_a_reader_sees_the_restated_claim_every_reading_and_what_the_battery_says(audit: Audit) -> None:
    said = next(s for s in audit_sentences(audit) if s.startswith("order: "))
    assert "Restated: Training helps. (Results)" in said
    assert "Read as both it " in said
    assert "none is a quotation" in " ".join(audit_sentences(audit))
    titles = {table.title.partition(" in every scenario")[0]: table for table in audit_tables(audit)}
    assert [row[:2] for row in titles["Every reading of every claim"].rows] == [("order", "both"), ("order", "little")]
    battery = titles.get("What holds as run, and fails or is open in the battery of nuisance controls")
    rows = battery.rows if battery else ()
    assert {row[1] for row in rows} <= {"own-scale-noise", "many-draws", "remitters-only", "matched-exposure"}
    assert {row[2] for row in rows} <= {"fails", "open"}
    orders = titles["Orders of the arms by their means, and relapse,"]
    assert orders.rows[0][0] == "as run"
    assert {"pruned-scale-noise", "noise of the tests x1.25"} <= {row[0] for row in orders.rows[1:]}
    assert "acc_internal_1.0 at acute" in orders.rows[0][2]
    matrix = titles["Constants and conclusions"]
    assert matrix.header[0] == "role"
    assert {row[0] for row in matrix.rows} <= {"nuisance", "ablation", "sweep", "reference"}


def test_nothing_of_ours_stands_in_quotation_marks(audit: Audit) -> None:
    """Statements are restatements; an author would take a quotation mark for a quotation."""
    for entry in audit.claims:
        for sentence in audit_sentences(audit):
            assert entry.statement not in sentence.replace("“", '"').split('"')[1::2]
    assert not any("“" in sentence for sentence in audit_sentences(audit))


def test_the_seal_is_shown(audit: Audit) -> None:
    assert audit.seal is not None
    assert audit.seal.digest in " ".join(audit_sentences(audit))


def test_json_has_what_a_reader_needs(audit: Audit, small: Path) -> None:
    content = json.loads(audit.to_json())
    (claim,) = content["claims"]
    assert {"id", "verdict", "estimate", "interval", "deciding_run", "sentence"} <= set(claim)
    assert claim["interval"] is None or len(claim["interval"]) == 2
    assert {"id", "standing", "findings", "checks"} <= set(claim["readings"][0])
    assert "not clinical advice" in content["disclaimer"]
    assert (small.parent / "out" / "audit.json").read_text("utf-8") == audit.to_json()
    assert audit.frame().height == 1


def test_the_command_prints_the_same_audit_and_runs_nothing_twice(
    audit: Audit, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from resynapse.cli import main

    words = ["audit", str(small), "--subjects", "6", "--out", str(small.parent / "out")]
    with contextlib.suppress(SystemExit):
        main([*words, "--format", "json"])
    out, err = capsys.readouterr()
    assert out == audit.to_json()
    assert "6 of 6 subjects are there already" in err
    with contextlib.suppress(SystemExit):
        main(words)
    out, _ = capsys.readouterr()
    assert audit.claims[0].sentence in out
    assert "not clinical advice" in out
    page = (small.parent / "out" / "report.html").read_text("utf-8")
    assert audit.claims[0].sentence in words_of(page)


def test_a_report_shows_the_ledger_of_its_own_claims_and_no_section_where_nothing_is_claimed(
    audit: Audit, small: Path, tmp_path: Path
) -> None:
    tree = rs.Run(small.parent / "out" / "tree")
    own = audit_section(RunData.of(tree.folder))
    ledger = own.parts[-1].tables[0]
    assert [row[:3] for row in ledger.rows] == [(e.id, e.statement, e.verdict) for e in audit.claims]
    assert AS_IT_IS in own.sentences
    assert AS_IT_IS not in audit_section(RunData.of(tree.folder), audit).sentences
    unclaimed = rs.run(rs.loads(FILE.partition("claims:")[0]), subjects=2, out=tmp_path / "run")
    assert not audit_section(RunData.of(unclaimed.folder))


def test_the_page_of_an_audit_opens_with_its_ledger(audit: Audit, small: Path) -> None:
    page = (small.parent / "out" / "report.html").read_text("utf-8")
    assert page.index('id="what-the-conclusions-rest-on"') < page.index('id="results"')
    for entry in audit.claims:
        card = page[page.index(f'id="claim-{entry.id}"') :].partition("</article>")[0]
        assert f"<span>{entry.verdict}</span>" in card
        assert entry.statement in words_of(card)
    counts = page[page.index('class="counts"') :].partition("</ul>")[0]
    assert sum(int(n) for n in re.findall(r"<b>(\d+)</b>", counts)) == len(audit.claims)


def test_every_verdict_has_a_tone_and_a_meaning() -> None:
    assert set(MEANING) == set(VERDICTS)
    assert {tone for tone, _ in MEANING.values()} == {"good", "open", "bad", "plain"}
    assert [verdict for verdict in VERDICTS if MEANING[verdict][0] == "good"] == ["supported"]


def test_the_matrix_as_a_picture_has_every_scenario(audit: Audit) -> None:
    drawn = matrix(audit)
    assert {row["control"] for row in drawn.numbers} == {cell.scenario for cell in audit.matrix}
    assert f"{sum(cell.changed for cell in audit.matrix)} of {len(audit.matrix)}" in drawn.caption
