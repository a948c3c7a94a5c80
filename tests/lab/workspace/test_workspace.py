"""Runs, commands and the log of a workspace."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.lab.conftest import Visitor

from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab
from resynapse.lab.workspace.queue import Asked
from resynapse.lab.workspace.session_log import SessionLog
from resynapse.lab.workspace.workspace import Workspace


def test_only_what_changed_is_read_again(recorded: Path) -> None:
    workspace = Workspace(recorded)
    (first,) = workspace.runs()
    (again,) = workspace.runs()
    assert first is again


def test_a_list_reads_the_manifests_that_it_shows_and_a_damaged_one_hides_no_other(lab: Lab) -> None:
    folder = lab.workspace.root / "resynapse-runs"
    for number, text in enumerate(['{"identity": "x", "subjects": 2, "root_seed": 3, "protocol": {"name": "p"}}', "{"]):
        (folder / str(number)).mkdir(parents=True)
        (folder / str(number) / "manifest.json").write_text(text, "utf-8")
    found = {one.name: one for one in lab.workspace.runs()}
    assert ["manifest" in vars(one) for one in found.values()] == [False, False]
    page = Visitor(lab).get("/runs")
    assert page.text.count('class="row-link"') == 2
    assert "its manifest cannot be read" in page.text
    assert Visitor(lab).get("/runs?q=P").text.count('class="row-link"') == 1
    answer = Visitor(lab).get(f"/runs/{found['1'].id}")
    assert answer.status_code == 422
    assert "manifest.json cannot be read" in answer.text


def test_a_second_command_waits_and_can_be_taken_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Asked] = []
    monkeypatch.setattr(type(lab.queue), "advance", lambda self: begun.append(self.every()[0]))
    folder = lab.workspace.root / "resynapse-runs" / "a"
    lab.queue.add("a", ["run", "demo", "--subjects", "1", "--seed", "0"], folder)
    assert lab.queue.waits(folder)
    (found,) = lab.runs()
    assert lab.live.status(found).state == "waiting"
    with pytest.raises(ResynapseError, match="goes on in this folder"):
        lab.queue.add("a", ["run", "demo"], folder)
    lab.queue.stop(folder)
    assert lab.runs() == []


def test_the_log_is_a_script_that_writes_each_file_once(tmp_path: Path) -> None:
    log = SessionLog(tmp_path)
    for _ in range(2):
        log.file("protocols/a b.yaml", "name: x\nRESYNAPSE_PROTOCOL\n$HOME `x`\n")
        log.remark("several\nlines")
    text = log.path.read_text("utf-8")
    assert text.count("cat >") == 1
    assert text.startswith("#!/bin/sh\n")
    subprocess.run(["sh", str(log.path)], cwd=tmp_path, check=True)
    assert (tmp_path / "protocols" / "a b.yaml").read_text("utf-8") == "name: x\nRESYNAPSE_PROTOCOL\n$HOME `x`\n"
