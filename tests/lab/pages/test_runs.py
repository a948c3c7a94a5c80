"""The list of runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.lab.conftest import BASE, Visitor

from resynapse.lab.context import Lab
from resynapse.lab.security.trust import Trust
from resynapse.lab.workspace.queue import Queue
from resynapse.lab.workspace.workspace import RUNS, Workspace


def _reads(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    read: list[None] = []
    every = Queue.every
    monkeypatch.setattr(Queue, "every", lambda self: read.append(None) or every(self))
    visitor = Visitor(Lab(workspace=Workspace(root), trust=Trust(port=int(BASE.rpartition(":")[2]))))
    read.clear()
    assert visitor.get("/runs").text.count("row-link") == len(list((root / RUNS).iterdir()))
    monkeypatch.undo()
    return len(read)


def test_a_longer_list_reads_the_commands_of_the_laboratory_no_more_often(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "more"
    shutil.copytree(recorded, root)
    once = _reads(root, monkeypatch)
    for number in range(3):
        shutil.copytree(root / RUNS / "small-seed0", root / RUNS / f"copy-{number}")
    assert _reads(root, monkeypatch) == once > 0
