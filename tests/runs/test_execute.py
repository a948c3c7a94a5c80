"""A cohort runs on any number of workers, survives being killed, and ends with the table of an uninterrupted run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pytest
from threadpoolctl import threadpool_info

import resynapse as rs
from resynapse.cohort import Cohort
from resynapse.errors import ResynapseError, RunFolderError, RunInterruptedError, SubjectError
from resynapse.protocol import dumps
from resynapse.runs.events import EpochDone, Listener, Row
from resynapse.runs.execute import execute
from resynapse.runs.store.folder import RunFolder
from resynapse.runs.workers import threads as module
from resynapse.runs.workers.blas import single_threaded_blas


@pytest.fixture(scope="module")
def expected(tiny: rs.Protocol) -> pl.DataFrame:
    return rs.run(tiny, subjects=6, seed=5).table()


def _start(folder: Path, protocol: Path) -> subprocess.Popen[str]:
    words = ["run", str(protocol), "--subjects", "6", "--seed", "5", "--workers", "2", "--out", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "resynapse", *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def _wait_for_parts(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(list(folder.glob("parts/subject-*"))) < count:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def protocol_file(tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "tiny.yaml"
    path.write_text(dumps(tiny))
    return path


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_table(tiny: rs.Protocol, expected: pl.DataFrame, workers: int) -> None:
    assert rs.run(tiny, subjects=6, seed=5, workers=workers).table().equals(expected)


def test_killed_in_the_middle_and_run_again_gives_the_same_table(
    tmp_path: Path, protocol_file: Path, expected: pl.DataFrame
) -> None:
    folder = tmp_path / "run"
    killed = _start(folder, protocol_file)
    _wait_for_parts(folder, 1, killed)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    kept = {p.name for p in folder.glob("parts/subject-*")}
    assert 1 <= len(kept) < 6
    again = _start(folder, protocol_file)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert f"{len(kept)} of 6 subjects are there already" in said
    assert kept < {p.name for p in folder.glob("parts/subject-*")}
    assert rs.Run(folder).table().equals(expected)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a scheduler's notice"])
def test_a_stop_ends_cleanly_and_says_how_to_go_on(
    stop: signal.Signals, tmp_path: Path, protocol_file: Path, expected: pl.DataFrame
) -> None:
    folder = tmp_path / "run"
    process = _start(folder, protocol_file)
    _wait_for_parts(folder, 1, process)
    process.send_signal(stop)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "are finished and kept" in said
    assert "run the same command again" in said
    assert "Traceback" not in said
    again = _start(folder, protocol_file)
    again.communicate(timeout=120)
    assert rs.Run(folder).table().equals(expected)


def test_a_second_process_on_the_folder_is_refused(tmp_path: Path, protocol_file: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.lock():
        second = _start(folder.path, protocol_file)
        _, said = second.communicate(timeout=60)
    assert second.returncode == 2
    assert "another process is working in this folder" in said


def test_a_damaged_part_is_named_and_computed_again(tmp_path: Path, tiny: rs.Protocol, expected: pl.DataFrame) -> None:
    run = rs.run(tiny, subjects=6, seed=5, out=tmp_path / "run")
    part = run.folder.parts()[0][4]
    part.write_bytes(part.read_bytes()[:-1])
    notes: list[str] = []
    again = rs.run(tiny, subjects=6, seed=5, out=run.path, note=notes.append)
    assert any(str(part) in n and "damaged" in n for n in notes)
    assert again.table().equals(expected)


def test_a_finished_run_is_not_run_again(tmp_path: Path, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch) -> None:
    rs.run(tiny, subjects=2, seed=5, out=tmp_path / "run")
    before = (tmp_path / "run" / "manifest.json").read_text()

    def never(*_: object, **__: object) -> list[Row]:
        raise AssertionError("a finished subject was run again")

    monkeypatch.setattr(module, "walk", never)
    # nor are kernels loaded, let alone compiled, to print a table that is there
    monkeypatch.setattr("resynapse.runs.execute.engine", never)
    rs.run(tiny, subjects=2, seed=5, out=tmp_path / "run")
    rs.run(tiny, subjects=1, seed=5, out=tmp_path / "run")
    assert (tmp_path / "run" / "manifest.json").read_text() == before


def test_a_larger_cohort_computes_only_the_new_subjects(
    tmp_path: Path, tiny: rs.Protocol, expected: pl.DataFrame
) -> None:
    small = rs.run(tiny, subjects=2, seed=5, out=tmp_path / "run")
    first = small.folder.parts()[0]
    stamps = {p: p.stat().st_mtime_ns for p in first.values()}
    large = rs.run(tiny, subjects=6, seed=5, out=tmp_path / "run")
    assert large.table().equals(expected)
    assert {p: p.stat().st_mtime_ns for p in first.values()} == stamps
    assert len(large.manifest.sessions) == 2


def test_a_subject_that_fails_is_named_and_the_others_are_kept(
    tmp_path: Path, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.walk

    def sometimes(protocol: rs.Protocol, subject: module.Subject, *rest: object) -> list[Row]:
        if subject.number == 1:
            raise SubjectError("subject 1, arm ssri, step treatment/train.1: training diverged")
        return real(protocol, subject, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "walk", sometimes)
    with pytest.raises(SubjectError, match="1 of 3 subjects failed, 2 are kept: subject 1, arm ssri"):
        rs.run(tiny, subjects=3, seed=5, out=tmp_path / "run")
    assert sorted(RunFolder(tmp_path / "run").parts()[0]) == [0, 2]
    monkeypatch.setattr(module, "walk", real)
    assert rs.run(tiny, subjects=3, seed=5, out=tmp_path / "run").folder.unfinished() == 0


def test_a_full_disk_stops_the_run_and_keeps_what_is_finished(
    tmp_path: Path, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    calls = iter(range(100))

    def fills_up(descriptor: int) -> None:
        if next(calls) >= 3:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fills_up)
    with pytest.raises(RunFolderError, match="No space left on device"):
        rs.run(tiny, subjects=4, seed=5, workers=1, out=tmp_path / "run")
    assert list(RunFolder(tmp_path / "run").parts()[0]) == [0]


def test_an_interrupted_wait_stops_the_workers(
    tmp_path: Path, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = threading.Event()

    def endless(protocol: rs.Protocol, subject: object, engine: object, tell: Listener) -> list[Row]:
        started.set()
        while True:
            tell(EpochDone(subject=0))
            time.sleep(0.001)

    def interrupt(*_: object, **__: object) -> None:
        started.wait()
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "walk", endless)
    monkeypatch.setattr(module, "wait", interrupt)
    with pytest.raises(RunInterruptedError, match="0 subjects are finished"):
        rs.run(tiny, subjects=2, out=tmp_path / "run")


def test_blas_is_single_threaded_while_subjects_run_side_by_side() -> None:
    with single_threaded_blas():
        assert {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"} == {1}


def test_impossible_sizes_are_refused(tmp_path: Path, tiny: rs.Protocol) -> None:
    with pytest.raises(ResynapseError, match="at least 1 subject, got 0"):
        Cohort(size=0)
    with pytest.raises(ResynapseError, match="expected a seed of 0 or more, got -1"):
        Cohort(size=1, root_seed=-1)
    with pytest.raises(ResynapseError, match="0 workers"):
        execute(tiny, Cohort(size=1), RunFolder(tmp_path / "run"), workers=0)
    with pytest.raises(ResynapseError, match="unknown engine 'compield'; did you mean 'compiled'"):
        rs.run(tiny, subjects=1, engine="compield")
    assert not (tmp_path / "run").exists()


def test_both_engines_give_the_same_outcomes_up_to_single_samples(tiny: rs.Protocol) -> None:
    small = tiny.only(["untreated"])
    ours, theirs = (rs.run(small, subjects=2, engine=e).summary() for e in ("compiled", "reference"))
    joined = ours.join(theirs, on=["arm", "condition", "outcome"], suffix="_reference")
    assert joined.height == ours.height
    # 300 test samples: a few on a boundary may fall on the other side after six epochs in float32
    assert (joined["mean"] - joined["mean_reference"]).abs().max() < 100 * 6 / 300
