"""An audit of record is whole, is of the claims that ship, and can be set beside another audit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.audits.claim_library import claims_of
from resynapse.audits.registration import digest
from resynapse.audits.verdicts import VERDICTS
from resynapse.cli import main
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.recorded import Recorded, beside, names, parse_record, recorded


@pytest.fixture(scope="module")
def record() -> Recorded:
    return recorded("switch-relapse")


@pytest.mark.parametrize("name", names())
def test_it_judges_the_claims_that_ship(name: str) -> None:
    of = recorded(name)
    claims = claims_of(rs.load(name), None)
    assert of.claims == digest(claims)
    assert [one.id for one in of.ledger] == [claim.id for claim in claims]
    assert {one.verdict for one in of.ledger} <= set(VERDICTS)


def test_a_changed_record_is_refused(record: Recorded) -> None:
    assert parse_record(record.to_json()) == record
    changed = json.loads(record.to_json())
    changed["ledger"][0]["verdict"] = "supported" if changed["ledger"][0]["verdict"] != "supported" else "mixed"
    with pytest.raises(ResynapseError, match="expected digest"):
        parse_record(json.dumps(changed))


def _written(record: Recorded, path: Path) -> Path:
    claims = [{"id": one.id, "verdict": one.verdict} for one in record.ledger]
    path.mkdir()
    content = {"protocol": record.protocol, "seal": {"digest": record.claims}, "claims": claims}
    (path / "audit.json").write_text(json.dumps(content))
    return path


def test_the_record_beside_itself_differs_in_nothing(record: Recorded, tmp_path: Path) -> None:
    found = beside(record, _written(record, tmp_path / "own") / "audit.json")
    assert found.same_claims
    assert found.differing == ()


def test_another_verdict_and_other_claims_are_named(
    record: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *rest = record.ledger
    verdict = next(v for v in VERDICTS if v != first.verdict)
    other = replace(record, claims="0" * 16, ledger=(replace(first, verdict=verdict), *rest[:-1]))
    path = _written(other, tmp_path / "own")
    found = beside(record, path / "audit.json")
    assert not found.same_claims
    assert found.differing == (first.id, rest[-1].id)
    with pytest.raises(SystemExit):
        main(["audit", "switch-relapse", "--recorded", "--out", str(path)])
    out = capsys.readouterr().out
    assert f"2 of {len(record.ledger)} verdicts differ" in out
    assert "other claims" in out


@pytest.mark.parametrize("content", ["{", "[]", '{"claims": [], "protocol": "demo", "seal": null}'])
def test_what_is_no_audit_of_it_is_refused(record: Recorded, tmp_path: Path, content: str) -> None:
    (tmp_path / "audit.json").write_text(content)
    with pytest.raises(ResynapseError, match=r"audit\.json"):
        beside(record, tmp_path / "audit.json")


def test_the_command_prints_the_ledger_and_runs_nothing(
    record: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["audit", "switch-relapse", "--recorded"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(one.id in out and one.sentence in out for one in record.ledger)
    assert record.digest in out
    assert SHORT_DISCLAIMER in out
    assert list(tmp_path.iterdir()) == []
