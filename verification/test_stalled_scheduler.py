"""A scheduler that stalls for a while costs time alone; one that stays silent ends the run in one line."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.miniatures import miniature
from tests.runs.workers import clusters

import resynapse as rs
from resynapse.errors import ClusterLostError
from resynapse.protocol import dumps
from resynapse.runs.events import Event, SubjectFinished
from resynapse.runs.store.folder import RunFolder
from resynapse.runs.workers.dask_calls import ANSWER_WITHIN

SUBJECTS = 12


@pytest.fixture(scope="module")
def expected() -> pl.DataFrame:
    return rs.run(miniature("demo"), subjects=SUBJECTS, seed=5).table()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[clusters.Lab]:
    with clusters.Lab(tmp_path) as made:
        made.worker()
        yield made
        made.scheduler.send_signal(signal.SIGCONT)


class Stall:
    """Stops the scheduler when the first subject is finished, and lets it go on after `seconds`, if there are any."""

    def __init__(self, lab: clusters.Lab, seconds: float | None) -> None:
        self.lab, self.seconds, self.began = lab, seconds, 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, SubjectFinished) and not self.began:
            self.began = time.monotonic()
            self.lab.scheduler.send_signal(signal.SIGSTOP)
            if self.seconds is not None:
                threading.Timer(self.seconds, self.lab.scheduler.send_signal, [signal.SIGCONT]).start()


def test_a_scheduler_that_stalls_for_less_than_the_limit_costs_time_alone(
    lab: clusters.Lab, expected: pl.DataFrame, tmp_path: Path
) -> None:
    stall = Stall(lab, ANSWER_WITHIN / 2)
    run = rs.run(miniature("demo"), subjects=SUBJECTS, seed=5, dask=lab.address, out=tmp_path / "run", listener=stall)
    assert time.monotonic() - stall.began > ANSWER_WITHIN / 2
    assert run.table().equals(expected)


def test_a_scheduler_that_stays_silent_ends_the_run_in_one_line_and_it_goes_on_later(
    lab: clusters.Lab, expected: pl.DataFrame, tmp_path: Path
) -> None:
    stall, out = Stall(lab, None), tmp_path / "run"
    with pytest.raises(ClusterLostError, match=r"^the Dask scheduler at tcp://\S+ is lost; \d+ subjects? \w+ ") as said:
        rs.run(miniature("demo"), subjects=SUBJECTS, seed=5, dask=lab.address, out=out, listener=stall)
    took = time.monotonic() - stall.began
    print(f"\nsilent scheduler: {took:.1f} s; {said.value}")
    assert "\n" not in str(said.value)
    # results are asked for, then the scheduler itself, each within the limit; a client has 3 s to leave
    assert took < 2 * ANSWER_WITHIN + 3 + 2
    assert 1 <= RunFolder(out).finished() < SUBJECTS
    assert rs.run(miniature("demo"), subjects=SUBJECTS, seed=5, out=out).table().equals(expected)


def test_ctrl_c_ends_a_run_whose_scheduler_is_silent(lab: clusters.Lab, tmp_path: Path) -> None:
    file, out = tmp_path / "demo.yaml", tmp_path / "run"
    file.write_text(dumps(miniature("demo")), "utf-8")
    command = ["-m", "resynapse", "run", str(file), "--subjects", "5000", "--out", str(out), "--dask", lab.address]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        clusters.wait_until(lambda: out.exists() and RunFolder(out).finished() >= 1)
        lab.scheduler.send_signal(signal.SIGSTOP)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, said = process.communicate(timeout=60)
        print(f"\nCtrl-C beside a silent scheduler: {time.monotonic() - began:.1f} s; {said.strip().splitlines()[-1]}")
        assert process.returncode == 130
        # a question that is on its way may take its limit, and a client has 3 s to leave
        assert time.monotonic() - began < 2 * ANSWER_WITHIN + 3 + 2
        assert RunFolder(out).finished() >= 1
    finally:
        process.kill()
        process.wait(10)
