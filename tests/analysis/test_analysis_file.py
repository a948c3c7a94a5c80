"""The analysis that a run folder keeps: the same to the last digit, and used only where it fits."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.analysis import analysis_file, part_registry
from resynapse.analysis.analyse import analyse
from resynapse.analysis.analysis_file import analysis_of, from_json
from resynapse.analysis.part_registry import PARTS, parts
from resynapse.runs.store.file_names import ANALYSIS
from resynapse.runs.store.folder import RunFolder


@pytest.fixture(scope="module")
def made(looked_at: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Seven subjects, enough for a bootstrap, under a name with published tables."""
    protocol = replace(looked_at, name="switch-relapse")
    return rs.run(protocol, subjects=7, workers=1, out=tmp_path_factory.mktemp("kept") / "run").folder


@pytest.fixture
def folder(made: RunFolder, tmp_path: Path) -> RunFolder:
    copy = tmp_path / "run"
    shutil.copytree(made.path, copy)
    (copy / ANALYSIS).unlink(missing_ok=True)
    return RunFolder(copy)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for every time that statistics are computed."""
    calls: list[int] = []

    def counting(*args: object, **options: object) -> object:
        calls.append(1)
        return analyse(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis_file, "analyse", counting)
    return calls


def test_every_part_reads_back_exactly(made: RunFolder) -> None:
    found = analyse(made.table(), made.manifest().protocol)
    assert sum(bool(found[name]) for name in parts()) > 6
    again = from_json(found.to_json())
    assert again == found
    assert again.to_json() == found.to_json()


@pytest.mark.parametrize("name", ["dose", "kindling", "washout"])
def test_a_small_run_of_the_library_reads_back_exactly(name: str) -> None:
    run = rs.run(miniature(name, most=1), subjects=2, workers=1)
    found = analyse(run.table(), run.protocol)
    assert from_json(found.to_json()).to_json() == found.to_json()


def test_the_second_analysis_is_the_first_one(folder: RunFolder, computed: list[int]) -> None:
    first, second = analysis_of(folder), analysis_of(folder)
    assert first == second
    assert len(computed) == 1


def test_another_difference_other_sources_and_another_protocol_are_computed_anew(
    folder: RunFolder, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = analysis_of(folder)
    assert analysis_of(folder, difference=2.0).plans != usual.plans
    monkeypatch.setattr(analysis_file, "sources", lambda: "others")
    assert analysis_of(folder) == usual
    protocol = replace(folder.manifest().protocol, title="another")
    folder.keep(replace(folder.manifest(), protocol=protocol))
    analysis_of(folder)
    assert len(computed) == 4


def test_a_damaged_file_is_never_trusted(folder: RunFolder, computed: list[int]) -> None:
    sound = analysis_of(folder)
    path = folder.path / ANALYSIS
    kept = json.loads(path.read_text())
    other = kept["analysis"].replace(f'"subjects": {sound.subjects}', f'"subjects": {sound.subjects + 1}', 1)
    assert other != kept["analysis"]
    damaged = [json.dumps({**kept, "analysis": other}), path.read_text()[:-100], "", "[]", "null", "\x00"]
    for text in damaged:
        path.write_text(text)
        assert analysis_of(folder) == sound
    assert len(computed) == 1 + len(damaged)


def test_an_unfinished_run_and_a_damaged_table_keep_nothing(folder: RunFolder) -> None:
    analysis_of(folder)
    (folder.path / ANALYSIS).unlink()
    folder.results_path.write_bytes(b"damaged")
    analysis_of(folder)
    folder.keep(replace(folder.manifest(), subjects=9, results=None))
    assert "2 more subjects" in analysis_of(folder).remarks[0]
    assert not (folder.path / ANALYSIS).exists()


def test_a_folder_that_cannot_be_written_is_analysed(folder: RunFolder) -> None:
    (folder.path / ANALYSIS).mkdir()
    assert analysis_of(folder) == analysis_of(folder)


def test_a_kept_analysis_is_no_reason_to_refuse_a_folder(tmp_path: Path, looked_at: rs.Protocol) -> None:
    (tmp_path / ANALYSIS).write_text("{}")
    rs.run(looked_at, subjects=1, workers=1, out=tmp_path)
    assert (tmp_path / ANALYSIS).read_text() == "{}"


def test_a_part_that_no_package_installed_is_computed_every_time(
    folder: RunFolder, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = analysis_of(folder)
    extra = replace(parts()["orders"], name="extra")
    monkeypatch.setattr(part_registry, "PARTS", {**PARTS, "extra": (extra,)})
    for _ in range(2):
        assert analysis_of(folder).extra == found.orders
    assert len(computed) == 3
