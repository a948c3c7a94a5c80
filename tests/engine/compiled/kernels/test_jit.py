"""Compiled code is never run stale, and is kept only where it can be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resynapse.engine.compiled.kernels import jit
from resynapse.engine.compiled.kernels.activation import activate_values


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


def test_kernels_lie_in_the_folder_of_their_sources() -> None:
    activate_values(np.zeros(3, np.float32), 0)
    folder = jit.cache_folder()
    assert folder is not None
    assert jit.digest() in folder.name
    assert any(folder.rglob("*.nbi"))


def test_a_users_own_cache_folder_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    assert jit.cache_folder() == tmp_path / f"resynapse-kernels-{jit.digest()}"


def test_without_a_writable_place_nothing_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path / "file"))
    assert jit.cache_folder() is None


def test_kernels_of_earlier_sources_are_deleted_from_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit, "_HERE", tmp_path)
    old, new = (tmp_path / "__pycache__" / f"resynapse-kernels-{n}" for n in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    jit._forget_others(new)
    assert new.exists()
    assert not old.exists()
