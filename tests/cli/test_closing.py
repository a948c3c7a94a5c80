"""A command ends with where its result is, what it says and what comes next; what is long goes to a pager."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import main
from resynapse.protocol import dumps


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol) -> Path:
    return rs.run(tiny, subjects=3, out=tmp_path_factory.mktemp("closing") / "run").path


def _call(words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0


def _last(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()[-3:]


def test_run_and_analyse_end_with_the_same_three_lines(
    finished: Path, tiny: rs.Protocol, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(dumps(tiny))
    _call(["run", str(file), "--subjects", "3", "--out", str(finished)])
    lines = _last(capsys)
    assert [line.split()[0] for line in lines] == ["Where:", "Found:", "Next:"]
    assert str(finished) in lines[0]
    assert lines[1].endswith(".")
    assert lines[2].split()[1:] == ["resynapse", "report", str(finished)]
    _call(["analyse", str(finished), "--part", "descriptions"])
    assert _last(capsys) == lines


def test_numbers_for_programs_end_without_them(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _call(["analyse", str(finished), "--format", "json"])
    assert "Found:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "pager", "through"), [(20, "tr a-z A-Z", True), (9999, "tr a-z A-Z", False), (20, "", False)]
)
def test_only_what_is_longer_than_the_screen_goes_through_the_pager(
    finished: Path, rows: int, pager: str, through: bool
) -> None:
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 200, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")} | {"PAGER": pager}
    words = [sys.executable, "-m", "resynapse", "analyse", str(finished)]
    process = subprocess.Popen(words, stdin=inside, stdout=inside, stderr=subprocess.DEVNULL, env=env)
    os.close(inside)
    shown = bytearray()
    with contextlib.suppress(OSError):
        while part := os.read(outside, 4096):
            shown += part
    os.close(outside)
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert ("SIMULATED OUTPUT" in text) is through
    assert ("Simulated output" in text) is not through
    assert "Next:  resynapse report" in text


def test_without_a_terminal_the_pager_is_not_asked(finished: Path) -> None:
    words = [sys.executable, "-m", "resynapse", "analyse", str(finished)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "PAGER": "false"})
    assert "Simulated output" in said.stdout
    assert "\x1b" not in said.stdout
