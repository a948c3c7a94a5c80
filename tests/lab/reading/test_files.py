"""What can be taken away makes the same run; a claim leads to what carries it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.lab.conftest import Visitor

import resynapse as rs
from resynapse.lab.reading.carriers import carriers
from resynapse.lab.reading.packing import CRATE, FIGURES, NOTEBOOK, pack


def test_what_is_taken_away_makes_the_same_run(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    text = reader.get(f"/runs/{found.id}/take/protocol.yaml").text
    assert rs.loads(text) == rs.Run(found.path).protocol
    python = reader.get(f"/runs/{found.id}/take/run.py").text
    names: dict[str, object] = {}
    exec(python.partition("run = ")[0], names)  # the protocol alone
    assert rs.loads(str(names["PROTOCOL"])) == rs.Run(found.path).protocol


def test_a_run_is_packed_with_its_report_and_a_notebook_that_comes_to_the_same_numbers(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report, place = tmp_path / "report.html", tmp_path / "files"
    report.write_text("<p>the report</p>", "utf-8")
    pack(recorded / "resynapse-runs" / "small-seed0", report, place)
    with zipfile.ZipFile(place / CRATE) as archive:
        names = set(archive.namelist())
        described = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    named = {one["@id"] for one in described if one["@type"] == "File"}
    assert named == names - {"ro-crate-metadata.json"}
    assert {"report.html", "results.csv", "protocol.yaml", NOTEBOOK} <= named
    with zipfile.ZipFile(place / FIGURES) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"svg", "csv"}
    monkeypatch.chdir(tmp_path)
    names_of_notebook: dict[str, object] = {}
    for cell in json.loads((place / NOTEBOOK).read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names_of_notebook)
    assert "the same numbers to the last digit" in capsys.readouterr().out


def test_a_claim_leads_to_the_chart_of_every_cell_that_it_reads() -> None:
    from resynapse.audits.claim_library import claims_of

    protocol = rs.load("switch-relapse")
    cells = [("untreated", "acute", "acc_combined"), ("ketamine", "acute", "acc_combined"),
             ("ketamine", "maintenance=25", "acc_biased_1.0"), ("ketamine", "maintenance=300", "acc_biased_1.0")]  # fmt: skip
    found = carriers(protocol, cells)
    assert list(found) == [claim.id for claim in claims_of(protocol)]
    shown = {(arm, q["condition"], q["outcome"]) for one in found.values() for _, q in one.charts for arm in q["arm"]}  # type: ignore[attr-defined]
    assert shown == {cells[0], cells[1], cells[3]}
    assert all(
        claim.id in found[claim.id].words or claim.statement[:20] in found[claim.id].words
        for claim in claims_of(protocol)
    )
    assert carriers(rs.load("demo"), cells) == {}
