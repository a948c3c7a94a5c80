"""`resynapse watch` and `resynapse runs` show what other processes compute, and touch nothing."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.protocol import dumps
from resynapse.runs.status import read


@pytest.fixture
def going_on(tmp_path: Path, tiny: rs.Protocol) -> subprocess.Popen[bytes]:
    (tmp_path / "tiny.yaml").write_text(dumps(tiny))
    words = ["run", "tiny.yaml", "--subjects", "6", "--seed", "5", "--workers", "1", "--out", "run"]
    process = subprocess.Popen([sys.executable, "-m", "resynapse", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while read(tmp_path / "run") is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def _content(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in sorted(folder.rglob("*"))}


def _code(*words: str) -> int:
    try:
        main(words)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_plain_lines_follow_a_run_to_its_end(
    tmp_path: Path, going_on: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _code("watch", str(tmp_path / "run")) == 0
    shown = capsys.readouterr()
    assert "running" in shown.out.splitlines()[0]
    assert "finished" in shown.out
    assert "6 of 6 subjects" in shown.out
    assert "not clinical advice" in shown.err
    assert going_on.wait(60) == 0


def test_ctrl_c_ends_the_watching_and_not_the_run(tmp_path: Path, going_on: subprocess.Popen[bytes]) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-m", "resynapse", "watch", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert "run" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)
    assert "the run continues" in said
    assert "Traceback" not in said
    assert going_on.wait(60) == 0


@pytest.mark.parametrize("columns", [24, 100])
def test_a_terminal_shows_a_live_view_that_fits(
    tmp_path: Path, going_on: subprocess.Popen[bytes], columns: int
) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm"}
    watching = subprocess.Popen(
        [sys.executable, "-m", "resynapse", "watch", "run"], cwd=tmp_path, stdout=theirs, env=environment
    )
    os.close(theirs)
    text = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.2)[0]:
            continue
        try:
            new = os.read(ours, 65536)
        except OSError:
            break
        if not new:
            break
        text += new
    assert watching.wait(10) == 0
    os.close(ours)
    assert b"finished" in text
    assert b"mean (SD)" in text
    assert going_on.wait(60) == 0


def test_watching_a_run_that_ended_says_how_and_writes_nothing(
    tmp_path: Path, tiny: rs.Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    rs.run(tiny, subjects=2, out=tmp_path / "run")
    before = _content(tmp_path)
    assert _code("watch", str(tmp_path / "run")) == 0
    assert _code("runs", str(tmp_path)) == 0
    assert _content(tmp_path) == before
    status = tmp_path / "run" / "status.json"
    status.write_text(json.dumps({**json.loads(status.read_text()), "state": "failed", "error": "no luck"}))
    capsys.readouterr()
    assert _code("watch", str(tmp_path / "run")) == 1
    assert "failed (no luck)" in capsys.readouterr().err


def test_a_folder_without_a_run_cannot_be_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("watch", str(tmp_path)) == 2
    assert "no run here" in capsys.readouterr().err
    assert _code("runs", str(tmp_path / "nothing")) == 2
    assert "no such folder" in capsys.readouterr().err
    assert _code("runs", str(tmp_path)) == 0
    assert "no run in" in capsys.readouterr().out


def test_runs_are_listed_with_state_subjects_and_what_leads(
    tmp_path: Path, tiny: rs.Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    rs.run(tiny, subjects=2, out=tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").write_text("{")
    assert _code("runs", str(tmp_path)) == 0
    text = capsys.readouterr().out
    assert f"a  finished, {tiny.name}, 2 of 2 subjects" in text
    assert "b  damaged" in text
    assert "not clinical advice" in text
    assert _code("runs", str(tmp_path), "--format", "json") == 0
    content = json.loads(capsys.readouterr().out)
    assert [(one["state"], one["done"]) for one in content["runs"]] == [("finished", 2), ("damaged", None)]
    assert content["runs"][0]["leading"][0]["n"] == 2
    assert "not clinical advice" in content["disclaimer"]
