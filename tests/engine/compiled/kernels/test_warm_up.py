"""A process that finds no compiled kernels computes the same as every later one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resynapse.engine import Engine
from resynapse.engine.compiled.kernels import warm_up
from resynapse.engine.compiled.kernels.jit import use_cache


def test_the_first_process_and_the_next_compute_the_same_to_the_last_bit(tmp_path: Path) -> None:
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    names, said = [], []
    for number in (1, 2):
        out = tmp_path / f"run{number}"
        words = [sys.executable, "-m", "resynapse", "run", "demo", "--subjects", "1", "--out", str(out)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        # the name of a part is a digest of every value in it
        names.append([p.name for p in out.glob("parts/*")])
        said.append(done.stderr)
    assert names[0] == names[1]
    assert "compiling the kernels" in said[0]
    assert "compiling the kernels" not in said[1]


def test_kernels_that_are_there_are_not_compiled_again(compiled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    folder = use_cache()
    assert folder is not None
    assert (folder / warm_up.MARK).exists()
    monkeypatch.setattr(subprocess, "run", never)
    monkeypatch.setattr(warm_up, "_done", [])
    warm_up.make_ready(never)


def test_kernels_are_made_ready_once_in_a_process_whoever_is_told(
    compiled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(warm_up, "exercise", calls.append)
    monkeypatch.setattr(warm_up, "_done", [])
    for number in range(3):
        warm_up.make_ready(lambda text, number=number: calls.append(f"{text} {number}"))
    assert calls == ["perceptron"]


def test_the_mark_of_a_tree_that_was_copied_is_not_believed(
    compiled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numba would compile again in the process that computes, as the sources have another place and time
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / warm_up.MARK).write_text(warm_up.stamp().replace("/engine/", "/copied/"))
    monkeypatch.setattr(warm_up, "use_cache", lambda: folder)
    monkeypatch.setattr(warm_up, "_done", [])
    started, said = [], []
    monkeypatch.setattr(subprocess, "run", lambda *words, **_: started.append(words))
    warm_up.make_ready(said.append)
    assert len(started) == 1
    assert "compiling" in said[0]
    (folder / warm_up.MARK).write_text(warm_up.stamp())
    monkeypatch.setattr(warm_up, "_done", [])
    warm_up.make_ready(said.append)
    assert len(started) == 1
