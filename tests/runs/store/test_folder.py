"""The run folder keeps what is finished, and says what is wrong with what it finds."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resynapse as rs
from resynapse.errors import RunFolderError
from resynapse.runs.store.folder import COLUMNS, Manifest, RunFolder, session
from resynapse.runs.walk import Row

ROWS = [Row("a", "acute", "acc_clean", 99.5), Row("a", "off", "gain", 1.0)]


@pytest.fixture
def manifest(tiny: rs.Protocol) -> Manifest:
    return Manifest(tiny, 7, "compiled", 3, (session(tiny),))


@pytest.fixture
def folder(tmp_path: Path, manifest: Manifest) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    with made.lock():
        made.keep(made.admit(manifest))
    return made


def test_a_manifest_comes_back_as_it_was(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_a_manifest_says_what_it_was_made_with_and_that_it_is_no_advice(manifest: Manifest) -> None:
    content = json.loads(manifest.to_json())
    assert content["schema_version"] == 1
    assert "not clinical advice" in content["disclaimer"]
    made = content["sessions"][0]
    assert {"python", "numpy", "numba", "resynapse"} <= made["versions"].keys()
    assert {"commit", "dirty", "hardware", "started"} <= made.keys()
    assert made["hardware"]["cores"] >= 1


def test_what_decides_the_numbers_decides_the_identity(manifest: Manifest) -> None:
    other_words = replace(manifest.protocol, title="other", cite="other")
    for same in (replace(manifest, subjects=99, sessions=()), replace(manifest, protocol=other_words)):
        assert same.identity == manifest.identity
    others = [
        replace(manifest, root_seed=8),
        replace(manifest, engine="reference"),
        replace(manifest, protocol=manifest.protocol.only(["ssri"])),
        replace(manifest, protocol=replace(manifest.protocol, batch_size=64)),
    ]
    assert len({manifest.identity, *(o.identity for o in others)}) == 5


values = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), values), min_size=1))
def test_a_part_holds_its_rows_exactly(
    tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol, rows: list[tuple[str, str, str, float]]
) -> None:
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.keep(Manifest(tiny, 7, "compiled", 5, ()))
    folder.add(4, [Row(*r) for r in rows], "p")
    (part,) = folder.parts()[0].values()
    assert part.parent.name == "parts"
    assert folder.table().select("arm", "condition", "outcome", "value").rows() == rows


def test_the_table_has_its_columns_and_subjects_in_order(folder: RunFolder) -> None:
    for subject in (2, 0, 1):
        folder.add(subject, ROWS, "tiny")
    folder.finish()
    table = folder.table()
    assert tuple(table.columns) == COLUMNS
    assert table["subject"].to_list() == [0, 0, 1, 1, 2, 2]
    assert table["variant"].unique().to_list() == ["base"]


def test_an_unfinished_run_shows_what_is_there(folder: RunFolder) -> None:
    with pytest.raises(RunFolderError, match="no subject is finished yet"):
        folder.table()
    folder.add(1, ROWS, "tiny")
    assert folder.table()["subject"].to_list() == [1, 1]
    assert folder.unfinished() == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "name"])
def test_a_damaged_part_is_found(folder: RunFolder, damage: str) -> None:
    folder.add(0, ROWS, "tiny")
    folder.add(1, ROWS, "tiny")
    part = folder.parts()[0][1]
    content = bytearray(part.read_bytes())
    if damage == "cut":
        part.write_bytes(content[:-9])
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        part.write_bytes(content)
    elif damage == "empty":
        part.write_bytes(b"")
    else:
        part = part.rename(part.with_name("subject-000001.parquet"))
    sound, damaged, _ = folder.parts()
    assert list(sound) == [0]
    assert damaged == [part]


@pytest.mark.parametrize("at", [0, 4, 300, -1])
def test_a_damaged_table_is_never_trusted_and_is_written_again(folder: RunFolder, at: int) -> None:
    for subject in range(3):
        folder.add(subject, ROWS, "tiny")
    folder.finish()
    before, sound = folder.table(), folder.results_path.read_bytes()
    content = bytearray(sound)
    content[at] ^= 1
    folder.results_path.write_bytes(content)
    assert folder.table().equals(before)
    folder.finish()
    assert folder.results_path.read_bytes() == sound


def test_what_a_killed_process_left_half_written_is_no_obstacle(tmp_path: Path, manifest: Manifest) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / ".manifest.json.999.draft").write_text("{")
    (tmp_path / ".lock").write_text("")
    folder.keep(folder.admit(manifest))
    assert folder.manifest() == manifest
    assert not list(tmp_path.glob("*.draft")) + list(tmp_path.glob(".*.draft"))


def test_nothing_of_a_failed_write_is_left(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add(0, ROWS, "tiny")
    before = sorted(folder.path.rglob("*"))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFolderError, match=r"No space left on device.*finished subjects are kept"):
        folder.add(1, ROWS, "tiny")
    assert sorted(folder.path.rglob("*")) == before


def test_another_run_in_the_folder_is_refused_with_the_difference(folder: RunFolder, manifest: Manifest) -> None:
    others = {
        "seed 7, not 8": replace(manifest, root_seed=8),
        "engine compiled, not reference": replace(manifest, engine="reference"),
        "protocol tiny, not demo": replace(manifest, protocol=rs.load("demo")),
        "other batch_size": replace(manifest, protocol=replace(manifest.protocol, batch_size=64)),
    }
    for said, other in others.items():
        with pytest.raises(RunFolderError, match=said):
            folder.admit(other)
    assert folder.manifest() == manifest


def test_a_cohort_in_a_folder_grows_and_never_shrinks(folder: RunFolder, manifest: Manifest) -> None:
    folder.keep(folder.admit(replace(manifest, subjects=9)))
    assert folder.admit(replace(manifest, subjects=2)).subjects == 9
    assert folder.manifest().subjects == 9


def test_a_folder_of_something_else_is_refused(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="not empty and no run folder"):
        RunFolder(tmp_path).admit(manifest)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["thesis.txt"]


def test_a_second_holder_of_the_folder_is_refused(folder: RunFolder) -> None:
    with folder.lock(), pytest.raises(RunFolderError, match="another process is working in this folder"):
        RunFolder(folder.path).lock()
    held = folder.lock()
    with held:
        pass
    with folder.lock():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run").lock()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_damaged_manifest_is_read_from_its_copy_and_named_without_one(folder: RunFolder, text: str) -> None:
    before = folder.manifest()
    folder.manifest_path.write_text(text)
    assert folder.manifest() == before
    folder._spare_manifest.write_text(text)
    with pytest.raises(RunFolderError, match=r"manifest.json: no readable manifest"):
        folder.manifest()


def test_no_run_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no run here"):
        RunFolder(tmp_path).manifest()
