"""Parts are packed, checked and joined without losing, doubling or changing a subject."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resynapse as rs
from resynapse.errors import RunFolderError
from resynapse.runs.store import subject_files as module
from resynapse.runs.store.folder import RunFolder
from resynapse.runs.store.subject_files import Parts
from resynapse.runs.walk import Row

FEW = 3


@pytest.fixture(autouse=True, scope="module")
def _packs_of_few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PACK", FEW)
        yield


def _rows(subject: int) -> list[Row]:
    return [Row("a", "acute", "acc", subject / 7), Row("b", "off", "gain", float(subject))]


def _filled(path: Path, subjects: int = 7) -> Parts:
    parts = Parts(path)
    for subject in range(subjects):
        parts.add(subject, _rows(subject), "p")
    return parts


def _table(parts: Parts) -> pl.DataFrame:
    return pl.concat(parts.blocks(parts.inventory().sound))


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


values = st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.builds(Row, st.text(), st.text(), st.text(), values), min_size=1, max_size=4)


@settings(max_examples=30)
@given(st.dictionaries(st.integers(0, 10**7), rows, min_size=1, max_size=11), st.randoms(use_true_random=False))
def test_what_is_packed_comes_back_in_the_order_of_subjects(
    tmp_path_factory: pytest.TempPathFactory, cohort: dict[int, list[Row]], random: object
) -> None:
    parts = Parts(tmp_path_factory.mktemp("parts"))
    numbers = list(cohort)
    random.shuffle(numbers)  # type: ignore[attr-defined]
    for number in numbers:
        parts.add(number, cohort[number], "p")
    expected = [(n, *row) for n in sorted(cohort) for row in cohort[n]]
    assert _table(parts).select("subject", "arm", "condition", "outcome", "value").rows() == expected
    packs, singles = (len(list(parts.path.glob(kind))) for kind in ("pack-*", "subject-*"))
    assert (packs, singles) == divmod(len(cohort), FEW)


def test_packing_goes_on_where_an_earlier_process_stopped(tmp_path: Path) -> None:
    _filled(tmp_path, 2)
    again = Parts(tmp_path)
    again.adopt(again.inventory())
    again.add(2, _rows(2), "p")
    assert [p.name.startswith("pack-") for p in tmp_path.iterdir()] == [True]
    assert again.sound() == again.inventory().sound


KILLED = """
import os, sys
from pathlib import Path
from resynapse.runs.store import subject_files
from resynapse.runs.walk import Row
subject_files.PACK = 3
real, left = getattr(subject_files, sys.argv[2]), [int(sys.argv[3])]
def dies(*words):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    return real(*words)
setattr(subject_files, sys.argv[2], dies)
for subject in range(3):
    rows = [Row("a", "acute", "acc", subject / 7), Row("b", "off", "gain", float(subject))]
    subject_files.Parts(Path(sys.argv[1])).add(subject, rows, "p")
"""


@pytest.mark.parametrize(
    ("where", "after", "singles", "packs"),
    [("_checked_frame", 1, 3, 0), ("settle", 0, 3, 1), ("delete", 0, 3, 1), ("delete", 2, 1, 1)],
)
def test_a_process_killed_while_it_packs_loses_and_doubles_nothing(
    tmp_path: Path, where: str, after: int, singles: int, packs: int
) -> None:
    whole = _table(_filled(tmp_path / "whole", 3))
    folder = tmp_path / "killed"
    died = subprocess.run([sys.executable, "-c", KILLED, str(folder), where, str(after)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (len(list(folder.glob("subject-*"))), len(list(folder.glob("pack-*")))) == (singles, packs)
    parts = Parts(folder)
    assert _table(parts).equals(whole)
    found = parts.inventory()
    assert len(found.surplus) == (singles if packs else 0)
    parts.adopt(found)
    assert len(list(folder.iterdir())) == (1 if packs else 3)
    assert _table(parts).equals(whole)


def test_a_damaged_pack_is_named_and_its_subjects_are_computed_again(tmp_path: Path, tiny: rs.Protocol) -> None:
    first = rs.run(tiny, subjects=7, arms=["untreated"], out=tmp_path / "run")
    expected, results = first.table(), first.folder.results_path.read_bytes()
    pack = first.folder.parts().sound[0]
    assert pack.name.startswith("pack-")
    _damage(pack)
    notes: list[str] = []
    again = rs.run(tiny, subjects=7, arms=["untreated"], out=tmp_path / "run", note=notes.append)
    assert f"{pack}: damaged part, computing its subjects again" in notes
    assert any("4 of 7 subjects are there already" in n for n in notes)
    assert again.table().equals(expected)
    assert again.folder.results_path.read_bytes() == results
    assert again.folder.unfinished() == 0


def test_a_part_damaged_before_it_is_packed_is_left_and_named(tmp_path: Path) -> None:
    parts = _filled(tmp_path, 2)
    (single,) = tmp_path.glob("subject-000001.*")
    _damage(single)
    parts.add(2, _rows(2), "p")
    found = parts.inventory()
    assert found.damaged == [single]
    assert sorted(found.sound) == [0, 2]


def test_a_part_damaged_after_it_was_read_is_never_joined(tmp_path: Path, tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=3, arms=["untreated"], out=tmp_path / "run")
    sound = run.folder.parts().sound
    _damage(sound[0])
    with pytest.raises(RunFolderError, match=rf"{sound[0].name}: damaged since it was read last; run the same command"):
        module.joined(tmp_path / "joined.parquet", Parts(sound[0].parent).blocks(sound))
    assert not (tmp_path / "joined.parquet").exists()


def test_resuming_reads_every_part_once_and_joining_it_once_more(
    tmp_path: Path, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = rs.run(tiny, subjects=8, arms=["untreated"], out=tmp_path / "run")
    run.folder.results_path.unlink()
    reads: Counter[str] = Counter()
    real = module._content

    def counted(path: Path) -> bytes:
        reads[path.name] += 1
        return real(path)

    monkeypatch.setattr(module, "_content", counted)
    rs.run(tiny, subjects=8, arms=["untreated"], out=tmp_path / "run")
    assert len(reads) == 4
    assert set(reads.values()) == {2}


def test_a_reader_looks_again_when_the_run_packs_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = _filled(tmp_path, 2)
    writer = Parts(tmp_path)
    real, once = module._content, [True]

    def packed_meanwhile(path: Path) -> bytes:
        if once:
            once.clear()
            writer.add(2, _rows(2), "p")
        return real(path)

    monkeypatch.setattr(module, "_content", packed_meanwhile)
    found = parts.inventory()
    assert sorted(found.sound) == [0, 1, 2]
    assert not found.damaged


def test_subjects_of_whom_nothing_is_measured_are_kept_too(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    for subject in range(4):
        parts.add(subject, [], "p")
    assert sorted(parts.inventory().sound) == [0, 1, 2, 3]


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    parts = _filled(tmp_path, 1)
    (tmp_path / "notes.txt").write_text("mine")
    parts.adopt(parts.inventory())
    assert (tmp_path / "notes.txt").exists()


def test_a_full_disk_while_joining_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    parts = _filled(tmp_path / "parts", 3)
    monkeypatch.setattr(Path, "with_name", lambda self, name: Path("/dev/full"))
    monkeypatch.setattr(Path, "unlink", lambda self, **_: None)
    with pytest.raises(RunFolderError, match=r"cannot be written .*No space left.*finished subjects are kept"):
        module.joined(tmp_path / "joined.parquet", parts.blocks(parts.inventory().sound))


def test_a_run_folder_counts_its_packed_subjects(tmp_path: Path, tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=FEW + 1, arms=["untreated"], out=tmp_path / "run")
    assert RunFolder(run.path).finished() == FEW + 1
    assert len(list((run.path / "parts").iterdir())) == 2


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = _filled(tmp_path)
    read: list[Path] = []
    content = module._content

    def counted(path: Path) -> bytes:
        read.append(path)
        return content(path)

    monkeypatch.setattr(module, "_content", counted)
    first = parts.inventory()
    assert sorted(set(read)) == sorted(read) == sorted(tmp_path.glob("*.parquet"))
    assert parts.inventory() == first
    assert len(read) == len(set(read))
    parts.add(7, _rows(7), "p")
    assert 7 in parts.inventory().sound
