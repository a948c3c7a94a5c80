"""The state of a run is told from one small file, without its parts, and never wrongly after an accident."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import resynapse as rs
from resynapse.errors import SubjectError
from resynapse.runs.events import EpochDone, Event
from resynapse.runs.status import RunStatus, read, runs

MOST_SECONDS = 1.5
"""For a thousand runs: five times what is promised of an idle machine (0.3 s), as tests share theirs."""


@pytest.fixture(scope="module")
def finished(tiny: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "one"
    rs.run(tiny, subjects=3, seed=5, out=path)
    return path


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def _status(folder: Path) -> RunStatus:
    status = read(folder)
    assert status is not None
    return status


def _changed(folder: Path, **values: Any) -> None:
    path = folder / "status.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_finished_run_says_so_with_its_means(folder: Path) -> None:
    status = _status(folder)
    assert (status.state, status.done, status.subjects, status.share) == ("finished", 3, 3, 1.0)
    run = rs.Run(folder)
    table = run.table()
    assert status.leading
    for record in status.leading:
        outcome, _, condition = record["endpoint"].partition(" at ")
        cell = table.filter(arm=record["arm"], outcome=outcome)
        here = cell.filter((cell["condition"] == condition) | cell["condition"].str.starts_with(f"{condition}="))
        assert record["n"] == here["subject"].n_unique()
        # another order of summation: relative error of a few units in the last place
        assert record["mean"] == pytest.approx(here["value"].mean(), rel=1e-12)


def test_the_status_while_a_run_goes_on_counts_its_subjects_and_never_goes_back(
    tiny: rs.Protocol, tmp_path: Path
) -> None:
    seen: list[RunStatus] = []

    def look(event: Event) -> None:
        if isinstance(event, EpochDone):
            time.sleep(0.02)
            seen.append(_status(tmp_path / "run"))

    rs.run(tiny, subjects=2, workers=1, out=tmp_path / "run", listener=look)
    assert {status.state for status in seen} == {"running"}
    shares = [status.share or 0.0 for status in seen]
    assert shares == sorted(shares)
    assert any(status.going_on and status.going_on[0]["epochs_in_all"] > 0 for status in seen)
    assert _status(tmp_path / "run").state == "finished"


def test_the_file_is_replaced_at_most_twice_a_second(tiny: rs.Protocol, tmp_path: Path) -> None:
    versions: set[int] = set()
    began = time.monotonic()

    def look(event: Event) -> None:
        if isinstance(event, EpochDone):
            time.sleep(0.02)
            versions.add((tmp_path / "run" / "status.json").stat().st_mtime_ns)

    rs.run(tiny, subjects=1, out=tmp_path / "run", listener=look)
    # one at the start, then one in each half second
    assert len(versions) <= 2 + 2 * (time.monotonic() - began)


def test_going_on_keeps_the_means_of_subjects_that_were_finished_before(tiny: rs.Protocol, folder: Path) -> None:
    rs.run(tiny, subjects=5, seed=5, out=folder)
    assert {record["n"] for record in _status(folder).leading} == {5}


def test_a_run_whose_process_is_gone_has_stopped(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    _changed(folder, state="running", process={"pid": child.pid, "born": "long ago", "host": os.uname().nodename})
    assert (_status(folder).state, _status(folder).reason) == ("stopped", "its process is gone")


def test_a_number_that_went_to_another_process_is_not_taken_for_the_run(folder: Path) -> None:
    _changed(folder, state="running", process={"pid": os.getpid(), "born": "earlier", "host": os.uname().nodename})
    assert _status(folder).state == "stopped"


def test_a_run_of_another_machine_goes_on_while_its_file_is_fresh(folder: Path) -> None:
    elsewhere = {"pid": 1, "born": "x", "host": "elsewhere"}
    _changed(folder, state="running", process=elsewhere, updated=time.time())
    assert _status(folder).state == "running"
    _changed(folder, updated=time.time() - 3600)
    assert _status(folder).state == "stopped"


def test_a_run_that_failed_says_why(tiny: rs.Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverges(*_: object) -> None:
        raise SubjectError("subject 0: training diverged")

    monkeypatch.setattr("resynapse.runs.workers.threads.walk", diverges)
    with pytest.raises(SubjectError, match="diverged"):
        rs.run(tiny, subjects=1, out=tmp_path / "run")
    status = _status(tmp_path / "run")
    assert (status.state, status.failed, status.done) == ("failed", 1, 0)
    assert "diverged" in status.reason


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"state": "running"}', b'{"state": 3}', b"\xff\xfe\x00"])
def test_a_damaged_status_costs_nothing_where_the_manifest_is_sound(folder: Path, damage: bytes) -> None:
    (folder / "status.json").write_bytes(damage)
    assert (_status(folder).state, _status(folder).done) == ("finished", 3)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"protocol": 3}'])
def test_what_cannot_be_read_is_listed_as_damaged(folder: Path, damage: bytes) -> None:
    for name in ("status.json", "manifest.json", "manifest.copy.json"):
        (folder / name).write_bytes(damage)
    assert _status(folder).state == "damaged"
    assert _status(folder).reason


def test_a_run_of_an_earlier_version_is_listed_and_opens(folder: Path, tiny: rs.Protocol) -> None:
    for name in ("status.json", "events.jsonl"):
        (folder / name).unlink()
    assert (_status(folder).state, _status(folder).done, _status(folder).protocol) == ("finished", 3, tiny.name)
    assert rs.Run(folder).table()["subject"].n_unique() == 3
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "results": None, "subjects": 7}))
    assert (_status(folder).state, _status(folder).done, _status(folder).subjects) == ("stopped", 3, 7)


def test_a_folder_without_a_run_has_no_status(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert read(tmp_path / "nothing") is None
    assert runs(tmp_path / "nothing") == []


def test_runs_are_found_at_every_level_and_not_within_each_other(finished: Path, tmp_path: Path) -> None:
    wanted = ["audits/one/tree", "b", "runs/a"]
    for name in wanted:
        shutil.copytree(finished, tmp_path / name)
    shutil.copytree(finished, tmp_path / "b" / "parts" / "inner")
    shutil.copytree(finished, tmp_path / ".hidden")
    assert [str(one.path.relative_to(tmp_path)) for one in runs(tmp_path)] == wanted
    assert [one.path for one in runs(tmp_path / "b")] == [tmp_path / "b"]


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def test_a_thousand_runs_are_listed_in_a_moment_without_reading_a_part(finished: Path, tmp_path: Path) -> None:
    for number in range(1000):
        copy = tmp_path / f"run-{number:04d}"
        copy.mkdir()
        for name in ("status.json", "manifest.json", "manifest.copy.json"):
            shutil.copy(finished / name, copy / name)
    assert len(runs(tmp_path)) == 1000
    assert min(_timed(lambda: runs(tmp_path)) for _ in range(5)) < MOST_SECONDS
    heavy = ("polars", "numpy", "pydantic")
    code = f"import sys; import resynapse.runs.status; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
