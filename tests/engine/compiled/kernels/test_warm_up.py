"""Kernels are made ready once; `verification/test_first_process.py` compiles all of them anew."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from resynapse.engine import Engine, engine
from resynapse.engine.compiled.kernels import warm_up
from resynapse.engine.compiled.kernels.jit import kernels, use_cache
from resynapse.networks import Architecture, Gru, Perceptron, Rnn


def test_kernels_that_are_there_are_not_compiled_again(compiled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    folder = use_cache()
    assert folder is not None
    assert (folder / warm_up.MARK).exists()
    monkeypatch.setattr(subprocess, "Popen", never)
    monkeypatch.setattr(warm_up, "_done", [])
    warm_up.make_ready(never, warm_up.PERCEPTRON, warm_up.FOLDED)


def test_kernels_are_made_ready_once_in_a_process_whoever_is_told(
    compiled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(warm_up, "exercise", calls.append)
    monkeypatch.setattr(warm_up, "_done", [])
    for number in range(3):
        said = lambda text, number=number: calls.append(f"{text} {number}")  # noqa: E731
        warm_up.make_ready(said, warm_up.PERCEPTRON, warm_up.FOLDED)
    assert calls == ["perceptron", "folded"]


def test_only_the_families_that_a_network_needs_are_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(warm_up, "use_cache", lambda: tmp_path)
    monkeypatch.setattr(warm_up, "exercise", lambda family: None)
    needed: list[tuple[Architecture, list[str]]] = [
        (Perceptron(hidden=(4, 4, 4)), ["perceptron", "folded"]),
        (Perceptron(hidden=(4, 4)), ["perceptron"]),
        (Gru(), ["recurrent"]),
        (Rnn(), ["recurrent"]),
    ]
    for architecture, families in needed:
        compiled_now: list[str] = []
        monkeypatch.setattr(warm_up, "_compile", lambda missing, *_, to=compiled_now: to.extend(missing))
        monkeypatch.setattr(warm_up, "_done", [])
        engine("compiled", architecture=architecture)
        assert compiled_now == families


def test_every_kernel_is_compiled_for_one_signature_and_counted(compiled: Engine) -> None:
    folder = use_cache()
    assert folder is not None
    names = [path.name.rpartition("-")[0] for path in folder.rglob("*.nbi")]
    for family in (warm_up.PERCEPTRON, warm_up.FOLDED):
        ours = [k for k in kernels() if warm_up.family_of(k) == family]
        assert len(ours) == warm_up.count(family) > 0
        # two signatures would be two versions of the code beside one index
        for kernel in ours:
            name = f"{kernel.py_func.__module__.rpartition('.')[2]}.{kernel.py_func.__qualname__}"
            assert names.count(name) == 1
            assert len(list(folder.rglob(f"{name}-*.nbc"))) == 1, name


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
    monkeypatch.setattr(warm_up, "_compile", lambda families, *_: started.append(families))
    warm_up.make_ready(said.append, warm_up.PERCEPTRON)
    assert started == [["perceptron"]]
    assert "compiling" in said[0]
    (folder / warm_up.MARK).write_text(warm_up.stamp())
    monkeypatch.setattr(warm_up, "_done", [])
    warm_up.make_ready(said.append, warm_up.PERCEPTRON)
    assert len(started) == 1
