"""A crate names every file that is there, and a notebook runs again to the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.report.conftest import Stated

import resynapse as rs
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.crate import METADATA
from resynapse.report.run_data import RunData


@pytest.fixture(scope="module")
def exported(run_data: RunData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    written = rs.Run(run_data.path).export(out, crate=True, notebook=True, figures=True)
    assert {p for p in out.rglob("*") if p.is_file()} == set(written)
    return out


def test_the_crate_names_every_file_and_what_it_names_is_there(exported: Path) -> None:
    graph = {one["@id"]: one for one in json.loads((exported / METADATA).read_text())["@graph"]}
    files = {p.relative_to(exported).as_posix() for p in exported.rglob("*") if p.is_file()} - {METADATA}
    assert {one["@id"] for one in graph["./"]["hasPart"]} == files
    assert files <= set(graph)
    assert DISCLAIMER in graph["./"]["description"]

    def mentioned(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["@id"]} if set(value) == {"@id"} else set()
            return own.union(*(mentioned(v) for v in value.values()))
        return set().union(*(mentioned(v) for v in value)) if isinstance(value, list) else set()

    inside = {name for name in mentioned(list(graph.values())) if not name.startswith("http")}
    assert inside <= set(graph)


def test_the_protocol_of_the_crate_is_that_of_the_run(exported: Path, run_data: RunData) -> None:
    assert rs.load(exported / "protocol.yaml") == run_data.protocol


def test_the_notebook_runs_to_the_same_numbers(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads((exported / "again.ipynb").read_text())["cells"]
    assert DISCLAIMER in "".join(cells[0]["source"])
    inside: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), inside)
    assert capsys.readouterr().out == "the same numbers to the last digit\n"


def test_an_unfinished_run_has_no_notebook(stated: Stated, small: rs.Protocol, tmp_path: Path) -> None:
    folder = stated(small, {("untreated", "acute", "acc_combined"): [50.0, 60.0, 70.0]}, cohort=4)
    with pytest.raises(ResynapseError, match="still to come: 1 of 4 subjects"):
        rs.Run(folder.path).export(tmp_path / "out", notebook=True)
    assert not (tmp_path / "out").exists()
