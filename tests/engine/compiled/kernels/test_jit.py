"""Compiled code is never run stale, and is kept only where it can be written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resynapse.engine.compiled.kernels import jit


def test_a_change_in_any_source_changes_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in jit._SOURCES:
        copies = []
        for other in jit._SOURCES:
            copy = tmp_path / other.name
            copy.write_bytes(other.read_bytes() + (b"\n" if other == source else b""))
            copies.append(copy)
        with monkeypatch.context() as patch:
            before = jit.digest()
            patch.setattr(jit, "_SOURCES", tuple(copies))
            assert jit.digest() != before


def test_every_kernel_file_and_what_it_freezes_counts() -> None:
    names = {p.name for p in jit._SOURCES}
    assert {p.name for p in Path(jit.__file__).parent.glob("*.py")} < names
    assert {"randomness.py", "base.py", "compaction.py"} < names


def test_kernels_lie_in_the_folder_of_their_sources(tmp_path: Path) -> None:
    # in a process of its own: what was compiled before the cache is in use is not kept
    code = (
        "from numba import float32\n"
        "from resynapse.engine.compiled.kernels import jit, rows\n"
        "jit.use_cache()\n"
        "rows.copy_row.compile((float32[::1], float32[::1]))\n"
    )
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert any((tmp_path / f"{jit.PREFIX}{jit.digest()}").rglob("*copy_row*.nbi"))


def test_a_users_own_cache_folder_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    assert jit.cache_folder() == tmp_path / f"resynapse-kernels-{jit.digest()}"


def test_without_a_writable_place_nothing_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path / "file"))
    assert jit.cache_folder() is None


def test_only_kernels_of_other_sources_that_nobody_loaded_for_long_are_deleted(tmp_path: Path) -> None:
    ours, unused, in_use, young = (tmp_path / f"{jit.PREFIX}{n}" for n in ("ours", "unused", "in-use", "young"))
    long_ago = time.time() - 86_400 * (jit.UNUSED_DAYS + 1)
    for folder in (ours, unused, in_use, young):
        folder.mkdir()
        (folder / jit.MARK).write_text("")
        if folder != young:
            os.utime(folder / jit.MARK, (long_ago, long_ago))
            os.utime(folder, (long_ago, long_ago))
    os.utime(in_use / jit.MARK)
    jit.forget_unused(ours)
    assert {folder.name for folder in tmp_path.iterdir()} == {ours.name, in_use.name, young.name}


def test_importing_the_kernels_touches_no_file(tmp_path: Path) -> None:
    code = "import resynapse.engine.compiled.engine, resynapse.engine.compiled.kernels.warm_up"
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert not (tmp_path / "cache").exists()
