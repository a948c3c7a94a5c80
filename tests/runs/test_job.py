"""A job is a run of its own: it is found and stopped from any process, goes on without its parent, and resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.errors import ResynapseError, RunFolderError
from resynapse.protocol import dumps
from resynapse.runs import job
from resynapse.runs.job import Job
from resynapse.runs.processes import Process, birth
from resynapse.runs.status import read

WORDS = ("--subjects", "60", "--seed", "5", "--workers", "1")


@pytest.fixture
def words(tmp_path: Path, tiny: rs.Protocol) -> list[str]:
    (tmp_path / "tiny.yaml").write_text(dumps(tiny))
    return ["run", "tiny.yaml", *WORDS]


@pytest.fixture
def started() -> Iterator[list[Job]]:
    jobs: list[Job] = []
    yield jobs
    for one in jobs:
        if one.alive:
            os.kill(one.process.pid, signal.SIGKILL)


def _wait(true: Callable[[], object], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _done(folder: Path) -> int:
    status = read(folder)
    return 0 if status is None else status.done or 0


def test_cancelled_and_resumed_a_job_ends_with_the_table_of_an_uninterrupted_run(
    tmp_path: Path, tiny: rs.Protocol, words: list[str], started: list[Job]
) -> None:
    folder = tmp_path / "out"
    first = job.start(words, folder, directory=tmp_path)
    started.append(first)
    assert first.alive
    assert job.jobs(tmp_path) == [first]
    with pytest.raises(RunFolderError, match="a job is running here"):
        job.start(words, folder, directory=tmp_path)
    _wait(lambda: _done(folder) >= 1)
    assert first.cancel()
    assert first.wait(60)
    assert not first.cancel()
    status = read(folder)
    assert status is not None
    assert status.state == "stopped"
    assert "finished and kept" in status.reason
    assert "run the same command again" in first.last_words
    again = first.resume()
    started.append(again)
    assert again.wait(60)
    assert job.jobs(tmp_path) == []
    assert rs.Run(folder).table().equals(rs.run(tiny, subjects=60, seed=5).table())


PARENT = """
import sys
from resynapse.runs import job
job.start(sys.argv[2:], sys.argv[1])
print("started", flush=True)
sys.stdin.read()
"""


def test_a_job_outlives_its_parent_and_is_found_and_stopped_from_elsewhere(
    tmp_path: Path, words: list[str], started: list[Job]
) -> None:
    folder = tmp_path / "out"
    # as a server in the background of a shell, where Ctrl-C is ignored
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + PARENT
    parent = subprocess.Popen(
        [sys.executable, "-c", ignoring, str(folder), *words],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    found = job.find(folder)
    assert found is not None
    started.append(found)
    parent.kill()
    parent.communicate()
    _wait(lambda: _done(folder) >= 1)
    assert found.alive
    assert job.jobs(tmp_path) == [found]
    assert found.cancel()
    _wait(lambda: not found.alive)
    status = read(folder)
    assert status is not None
    assert status.state == "stopped"


def test_a_run_that_was_started_by_hand_is_found_and_stopped_too(tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "resynapse", *words, "--out", str(folder)], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    _wait(lambda: _done(folder) >= 1)
    found = job.find(folder)
    assert found is not None
    assert found.process.pid == process.pid
    with pytest.raises(ResynapseError, match="not started as a job"):
        found.resume()
    assert found.cancel()
    assert process.wait(60) == 130


def test_a_process_with_the_number_of_a_job_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {
            "process": {**Process.of(bystander.pid).to_dict(), "born": "earlier"},
            "command": [],
            "directory": ".",
        }
        (tmp_path / "job.json").write_text(json.dumps({**record, "started": 0.0}))
        found = job.find(tmp_path)
        assert found is not None
        assert not found.alive
        assert not found.cancel()
        assert not found.process.interrupt()
        time.sleep(0.1)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_command_that_is_refused_says_why(tmp_path: Path, started: list[Job]) -> None:
    refused = job.start(["run", "demoo", "--subjects", "2"], tmp_path / "out")
    started.append(refused)
    assert refused.wait(60)
    status = refused.status
    assert status is not None
    assert status.state == "failed"
    assert "demoo" in status.reason == refused.last_words


@pytest.mark.parametrize("words", [[], ["lab"], ["--help"], ["run", "demo", "--out", "x"], ["run", "demo", "--out=x"]])
def test_what_is_no_computation_into_the_folder_is_no_job(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(ResynapseError):
        job.start(words, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"process": {"pid": -1, "born": "", "host": ""}}', b"\xff"])
def test_a_damaged_record_is_no_job(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "job.json").write_bytes(content)
    assert job.find(tmp_path) is None


def test_a_process_that_ended_but_was_not_waited_for_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    _wait(lambda: birth(child.pid) is None)
    child.wait()
    assert Process.this().alive
