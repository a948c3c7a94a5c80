"""The same table on threads, processes and clusters, and one clear line when a cluster fails."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

import resynapse as rs
from resynapse import cli
from resynapse.errors import ClusterError, ClusterLostError, RunInterruptedError, SubjectError
from resynapse.protocol import dumps
from resynapse.runs.events import (
    EpochDone,
    Event,
    PhaseEntered,
    RunStarted,
    SubjectFinished,
    SubjectStarted,
    WorkersCounted,
)
from resynapse.runs.progress import Progress
from resynapse.runs.status import read
from resynapse.runs.store.folder import RunFolder
from resynapse.runs.workers import cluster as module
from resynapse.runs.workers.worker import Plan, code, compute

_spec = importlib.util.spec_from_file_location("clusters", Path(__file__).with_name("clusters.py"))
assert _spec
assert _spec.loader
clusters = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(clusters)

SUBJECTS = 12


class Hook:
    """A listener that does something once, in the middle of a run: when the first subject is finished."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action

    def __call__(self, event: Event) -> None:
        if isinstance(event, SubjectFinished):
            action, self.action = self.action, lambda: None
            action()


class Lines:
    """A display that keeps what it shows."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def show(self, *, share: float, text: str, finished: bool) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def expected(tiny: rs.Protocol) -> pl.DataFrame:
    return rs.run(tiny, subjects=SUBJECTS, seed=5).table()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Lab]:
    with clusters.Lab(tmp_path_factory.mktemp("lab")) as made:
        made.first = made.worker()
        yield made


def test_one_worker_gives_the_table_of_threads(lab: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame) -> None:
    seen = Lines()
    run = rs.run(tiny, subjects=SUBJECTS, seed=5, dask=lab.address, display=seen)
    assert run.table().equals(expected)
    assert seen.lines[-1].startswith(f"{SUBJECTS} of {SUBJECTS} subjects")


def test_workers_tell_of_their_subjects_and_no_epoch_twice(
    lab: clusters.Lab, tiny: rs.Protocol, tmp_path: Path
) -> None:
    heard: list[Event] = []
    rs.run(tiny, subjects=SUBJECTS, seed=5, dask=lab.address, out=tmp_path / "run", listener=heard.append)
    begun = {event.subject for event in heard if isinstance(event, SubjectStarted)}
    phases = [event for event in heard if isinstance(event, PhaseEntered)]
    (started,) = (event for event in heard if isinstance(event, RunStarted))
    assert begun == set(range(SUBJECTS))
    assert {event.stream.split("/")[0] for event in phases} <= {"induction", "treatment", "follow_up"}
    assert phases
    for number in begun:
        assert sum(e.epochs for e in heard if isinstance(e, EpochDone) and e.subject == number) <= started.epochs
    status = read(tmp_path / "run")
    assert status is not None
    assert (status.state, status.done, status.going_on) == ("finished", SUBJECTS, ())


def test_a_worker_that_joins_in_the_middle_gets_work(
    lab: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame, tmp_path: Path
) -> None:
    from distributed import Client

    def join() -> None:
        lab.second = lab.worker()
        with Client(lab.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=30)

    # twice the subjects, so that work is left when the worker has joined
    run = rs.run(tiny, subjects=2 * SUBJECTS, seed=5, dask=lab.address, listener=Hook(join))
    assert run.table().filter(pl.col("subject") < SUBJECTS).equals(expected)
    with Client(lab.address, set_as_default=False) as client:
        done = client.run(lambda: sys.modules["resynapse.runs.workers.worker"]._prepared.cache_info())
    assert len(done) == 2
    assert all(info[0] + info[1] > 0 for info in done.values())


def test_a_worker_killed_in_the_middle_changes_nothing(
    lab: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame
) -> None:
    hook = Hook(lambda: clusters.end(lab.second))
    run = rs.run(tiny, subjects=SUBJECTS, seed=5, dask=lab.address, listener=hook)
    assert lab.second.returncode == -signal.SIGKILL
    assert run.table().equals(expected)


def test_a_run_begun_on_a_cluster_goes_on_in_threads_and_back(
    lab: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame, tmp_path: Path
) -> None:
    rs.run(tiny, subjects=4, seed=5, dask=lab.address, out=tmp_path / "run")
    rs.run(tiny, subjects=8, seed=5, out=tmp_path / "run")
    assert rs.run(tiny, subjects=SUBJECTS, seed=5, dask=lab.address, out=tmp_path / "run").table().equals(expected)


def test_tasks_with_the_scheduler_are_few_however_many_subjects_there_are(
    lab: clusters.Lab, tiny: rs.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    real = module.Cluster._submit

    def counted(self: module.Cluster, *rest: object) -> None:
        nonlocal most
        real(self, *rest)  # type: ignore[arg-type]
        most = max(most, len(self._flying))

    monkeypatch.setattr(module.Cluster, "_submit", counted)
    rs.run(tiny.only(["untreated"]), subjects=20, dask=lab.address)
    assert most == module.IN_FLIGHT


def test_a_stopped_run_frees_its_workers_within_an_epoch(lab: clusters.Lab, tiny: rs.Protocol, tmp_path: Path) -> None:
    from distributed import Client

    endless = rs.loads(dumps(tiny.only(["untreated"])).replace("epochs: 6", "epochs: 30000"))

    def executing() -> list[int]:
        return list(client.run(lambda dask_worker: len(dask_worker.state.executing)).values())

    def interrupt(event: Event) -> None:
        # told in the thread of the run, once a second
        if isinstance(event, WorkersCounted) and executing() == [1]:
            raise KeyboardInterrupt

    with Client(lab.address, set_as_default=False) as client:
        with pytest.raises(RunInterruptedError, match="stopped; 0 subjects are finished and kept"):
            rs.run(endless, subjects=3, dask=lab.address, out=tmp_path / "run", listener=interrupt)
        clusters.wait_until(lambda: executing() == [0], within=30)


def test_a_lost_scheduler_stops_the_run_soon_and_it_goes_on_later(
    lab: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame, tmp_path: Path
) -> None:
    lost: list[float] = []

    def lose() -> None:
        clusters.end(lab.scheduler)
        lost.append(time.monotonic())

    said = r"the Dask scheduler at tcp://\S+ is lost; \d+ subjects are finished and kept in"
    with pytest.raises(ClusterLostError, match=said):
        rs.run(tiny, subjects=SUBJECTS, seed=5, dask=lab.address, out=tmp_path / "run", listener=Hook(lose))
    assert time.monotonic() - lost[0] < 15
    kept = RunFolder(tmp_path / "run").finished()
    assert 1 <= kept < SUBJECTS
    lab.first.wait(20)  # a worker does not outlive its scheduler
    assert rs.run(tiny, subjects=SUBJECTS, seed=5, out=tmp_path / "run").table().equals(expected)


FAILING = """
import resynapse.runs.workers.worker as worker
from resynapse.runs.walk import walk as real
tries = {}
def walk(protocol, subject, *rest):
    n = subject.number
    tries[n] = tries.get(n, 0) + 1
    if n == 1 or n == 2 and tries[n] == 1:
        raise ValueError(f"subject {n} does not like this worker")
    return real(protocol, subject, *rest)
worker.walk = walk
"""
OTHER_CODE = """
import resynapse.runs.workers.worker as worker
other = tuple((name, "9.9" if name == "numpy" else version) for name, version in worker.code("compiled"))
worker.code = lambda engine: other
"""
WITHOUT = "import sys; sys.modules['resynapse'] = None"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Lab]:
    with clusters.Lab(tmp_path_factory.mktemp("broken")) as made:
        yield made


def test_a_subject_that_fails_is_named_tried_again_and_reported_and_the_others_finish(
    broken: clusters.Lab, tiny: rs.Protocol, expected: pl.DataFrame, tmp_path: Path
) -> None:
    notes: list[str] = []
    said = r"1 of 4 subjects failed, 3 are kept: .*subject 1 .*\(tried 3 times\)"
    with broken.only_worker(FAILING), pytest.raises(SubjectError, match=said):
        rs.run(tiny, subjects=4, seed=5, dask=broken.address, out=tmp_path / "run", note=notes.append)
    assert sorted(n for n in notes if "trying again" in n) == [
        "subject 1: subject 1 does not like this worker; trying again (1 of 2)",
        "subject 1: subject 1 does not like this worker; trying again (2 of 2)",
        "subject 2: subject 2 does not like this worker; trying again (1 of 2)",
    ]
    folder = RunFolder(tmp_path / "run")
    assert sorted(folder.parts().sound) == [0, 2, 3]
    assert folder.table().equals(expected.filter(pl.col("subject").is_in([0, 2, 3])))


@pytest.mark.parametrize(
    ("preload", "said"),
    [(OTHER_CODE, r"other code than this process \(numpy 9.9, not \d"), (WITHOUT, "install the same resynapse there")],
    ids=["other version", "no resynapse"],
)
def test_a_worker_with_other_code_is_refused(
    broken: clusters.Lab, tiny: rs.Protocol, tmp_path: Path, preload: str, said: str
) -> None:
    with broken.only_worker(preload), pytest.raises(ClusterError, match=said):
        rs.run(tiny, subjects=4, dask=broken.address, out=tmp_path / "run")
    assert RunFolder(tmp_path / "run").finished() == 0


def test_a_subject_that_kills_its_workers_is_reported_and_the_others_finish(
    broken: clusters.Lab, tiny: rs.Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    with Client(broken.address, set_as_default=False) as client:
        client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))
    # one task at a time, as Dask suspects every task that was with the worker
    monkeypatch.setattr(module, "IN_FLIGHT", 1)
    deadly = FAILING.replace('raise ValueError(f"subject {n} does not like this worker")', "__import__('os')._exit(1)")
    deadly = deadly.replace("n == 1 or n == 2 and tries[n] == 1", "n == 1")
    with (
        broken.only_worker(deadly),
        pytest.raises(SubjectError, match="1 of 3 subjects failed, 2 are kept: subject 1: its worker died 1 times"),
    ):
        rs.run(tiny, subjects=3, dask=broken.address, out=tmp_path / "run", listener=Hook(lambda: broken.worker()))


def test_worker_processes_of_this_machine_give_the_same_table(tiny: rs.Protocol, expected: pl.DataFrame) -> None:
    assert rs.run(tiny, subjects=SUBJECTS, seed=5, dask="local", workers=2).table().equals(expected)


def test_ctrl_c_cancels_keeps_and_leaves_no_process(tmp_path: Path, tiny: rs.Protocol, expected: pl.DataFrame) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(dumps(tiny))
    words = ["run", str(file), "--subjects", str(SUBJECTS), "--seed", "5", "--out", str(tmp_path / "run")]
    words += ["--dask", "local", "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "resynapse", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    clusters.wait_until(lambda: list(tmp_path.glob("run/parts/subject-*")) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "subjects are finished and kept" in said
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert rs.run(tiny, subjects=SUBJECTS, seed=5, out=tmp_path / "run").table().equals(expected)


def test_a_wrong_address_is_refused_in_one_line(
    tiny: rs.Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.CONNECT_WITHIN < 10
    monkeypatch.setattr(module, "CONNECT_WITHIN", 0.5)
    with socket.socket() as silent:  # listens and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        for wrong in ("tcp://127.0.0.1:1", address, "lokal", "http://127.0.0.1:8786"):
            started = time.monotonic()
            with pytest.raises(ClusterError, match=r"Dask scheduler.*; give an address such as tcp://") as refused:
                rs.run(tiny, subjects=1, dask=wrong, out=tmp_path / "run")
            assert "\n" not in str(refused.value)
            assert time.monotonic() - started < 10
    assert not (tmp_path / "run" / "manifest.json").exists()


@pytest.mark.parametrize(("error", "status"), [(ClusterLostError("gone"), 1), (ClusterError("wrong address"), 2)])
def test_a_lost_cluster_is_exit_code_1_and_a_wrong_one_2(
    error: ClusterError, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("resynapse.api.run", fails)
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", "demo", "--subjects", "1", "--out", "nowhere", "--dask", "tcp://127.0.0.1:1"])
    assert stop.value.code == status
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert ("run the same command again" in said) == (status == 1)


def test_without_dask_the_line_says_how_to_install_it(
    tiny: rs.Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r'pip install "resynapse\[dask\]"'):
        rs.run(tiny, subjects=1, dask="local", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_workers_are_counted_by_a_running_scheduler_not_by_us(tiny: rs.Protocol) -> None:
    with pytest.raises(ClusterError, match="--workers 2 is not possible with --dask tcp://a:1"):
        rs.run(tiny, subjects=1, dask="tcp://a:1", workers=2)


def test_a_worker_answers_in_words_and_rows_and_raises_nothing(tiny: rs.Protocol) -> None:
    plan = Plan.of(tiny.only(["untreated"]), "compiled", 5)
    assert compute(plan, 0).kind == "rows"
    wild = dumps(tiny).replace("lr: 0.005", "lr: 1.0e30")
    answer = compute(Plan.of(rs.loads(wild), "compiled", 5), 3)
    assert answer.kind == "failed"
    assert "subject 3" in answer.message
    assert "diverged" in answer.message
    assert dict(code("compiled"))["resynapse"] == rs.__version__


def test_a_place_is_shown_where_no_phase_is_known() -> None:
    progress = Progress(2, 10)
    progress(WorkersCounted(workers=3, address="tcp://a:1"))
    progress(SubjectFinished(subject=0, rows=()))
    assert progress.text.startswith("1 of 2 subjects")
    assert progress.text.endswith("| on 3 workers")
