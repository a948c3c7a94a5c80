"""A shell completes commands, options and the names of library protocols."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from resynapse.cli import main
from resynapse.protocol import library


def _bash(tmp_path: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    program = tmp_path / "resynapse"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m resynapse "$@"\n')
    program.chmod(0o755)
    script = (
        "source <(resynapse completion bash)\n"
        f"COMP_WORDS=(resynapse {' '.join(repr(word) for word in words)}); COMP_CWORD={len(words)}\n"
        "$(complete -p resynapse | sed 's/.*-F \\([^ ]*\\).*/\\1/') resynapse\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True, cwd=tmp_path)
    return [line.strip() for line in done.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_and_library_protocols(tmp_path: Path) -> None:
    assert _bash(tmp_path, "repl") == ["replicate"]
    assert _bash(tmp_path, "run", "switch-r") == ["switch-relapse"]


def test_what_is_offered_for_a_protocol(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    for command in (("run",), ("replicate",), ("audit",), ("show",), ("new", "x", "--from")):
        with suppress(SystemExit):
            main(["__complete", *command, ""])
        offered = {line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()}
        assert set(library()) | {"mine.yaml", "folder/"} <= offered, command
        assert "notes.txt" not in offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script_that_names_the_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main(["completion", shell])
    script = capsys.readouterr().out
    for word in ("replicate", "attribute", "subjects"):
        assert word in script
