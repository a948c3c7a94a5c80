"""Run a cohort: subjects go to workers, results are kept as they come, going on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from typing import NamedTuple

from resynapse.cohort import Cohort, Subject
from resynapse.cores import usable_cores
from resynapse.engine import engine
from resynapse.errors import ClusterLostError, OutOfTimeError, RunInterruptedError, SubjectError
from resynapse.protocol import Protocol
from resynapse.protocol.routes import epochs
from resynapse.runs.admission import admit, engine_for
from resynapse.runs.event_log import earlier, event_log
from resynapse.runs.events import (
    Broadcast,
    Listener,
    RunFinished,
    RunStarted,
    State,
    SubjectFailed,
    SubjectFinished,
    ignore,
)
from resynapse.runs.leading import Leading
from resynapse.runs.planning.budget import Budget
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.planning.foresight import foreseen
from resynapse.runs.planning.limit import Limit, limited
from resynapse.runs.progress import Beat, Display, Progress, shown
from resynapse.runs.status_file import WRITE_EVERY, StatusFile
from resynapse.runs.store.folder import Manifest, RunFolder, session
from resynapse.runs.workers.backend import Backend

Note = Callable[[str], None]


def execute(
    protocol: Protocol,
    cohort: Cohort,
    folder: RunFolder,
    *,
    workers: int | None = None,
    engine_name: str | None = None,
    dask: str | None = None,
    display: Display | None = None,
    listener: Listener = ignore,
    note: Note = lambda text: None,
    budget: Budget | None = None,
    expected: Estimate | None = None,
    later: float = 0.0,
    title: str = "",
) -> None:
    """Compute the subjects that `folder` does not hold yet, then write its table.

    Parameters
    ----------
    workers : subjects at a time; by default the cores this process may use.
    engine_name : by default the first engine that can compute the protocol.
    dask : ``local`` for worker processes, or the address of a running scheduler; by default threads.
    display : shows progress.
    listener : receives every event of the run, see `resynapse.runs.events`.
    note : receives lines a user should read (a damaged part, subjects already there).
    budget : time after which the run stops, as many subjects as fit being begun; what is left is for a later run.
    expected : what one subject costs, where that is known; otherwise it is measured where it is needed.
    later, title : seconds of the runs after this one, and a name for its progress, where it is one of several.

    Raises
    ------
    OutOfTimeError : the budget does not suffice for one subject.
    RunFolderError : the folder contains another run, is in use, or cannot be written.
    RunInterruptedError : Ctrl-C; finished subjects are kept.
    SubjectError : subjects failed; the others are finished and kept.
    ClusterError : workers cannot be reached, cannot compute this run, or were lost; finished subjects are kept.
    """
    engine_name = engine_for(protocol, engine_name)
    admit(protocol, cohort, engine_name, workers=workers, dask=dask)
    wanted = Manifest(protocol, cohort.root_seed, engine_name, cohort.size, (session(protocol),))
    folder.admit(wanted)
    with folder.lock():
        manifest = folder.admit(wanted)
        missing = _missing(manifest, folder, cohort.size, note)
        if missing:
            limit = None
            if budget is not None:
                each = None if expected is None else expected.seconds
                limit = limited(budget, manifest, len(missing), workers=workers, dask=dask, each=each, note=note)
            progress = Progress(
                len(missing),
                epochs(protocol.routes),
                already=manifest.subjects - len(missing),
                later=later,
                title=title,
                planned=None if expected is None else expected.timetable,
            )
            followers = _Followers(display, listener, note)
            done = _compute(missing, manifest, folder, workers, dask, followers, limit, progress)
            if done < len(missing):
                if not folder.finished():
                    raise OutOfTimeError(f"no subject was finished within {budget}; give more time")
                return
        folder.finish()


class _Followers(NamedTuple):
    """Receivers of progress: a display, a listener of the caller, and a receiver of remarks."""

    display: Display | None
    listener: Listener
    note: Note


def _compute(
    missing: list[int],
    manifest: Manifest,
    folder: RunFolder,
    workers: int | None,
    dask: str | None,
    followers: _Followers,
    limit: Limit | None,
    progress: Progress,
) -> int:
    """Compute the missing subjects and report events to folder and listeners; returns how many were computed."""
    protocol, note = manifest.protocol, followers.note
    leading = Leading.of(protocol)
    for values in earlier(folder.path, set(missing)):
        leading.add(values)
    status = StatusFile(folder.path, progress, leading)
    with ExitStack() as stack:
        log = stack.enter_context(event_log(folder.path, leading))
        tell = Broadcast([progress, log, status, followers.listener], note)
        count = min(workers or usable_cores(), len(missing))
        backend = _backend(manifest, count, dask, tell, followers)
        tell(
            RunStarted(
                protocol=protocol.name,
                arms=tuple(protocol.routes),
                subjects=manifest.subjects,
                missing=len(missing),
                epochs=progress.epochs,
                engine=manifest.engine,
                seed=manifest.root_seed,
            )
        )
        try:
            with Beat(status.write, WRITE_EVERY), _on(followers.display, progress), foreseen(progress, manifest, count):
                done = _work(backend, missing, manifest, folder, tell, note, limit)
        except BaseException as error:
            state: State = "stopped" if isinstance(error, (RunInterruptedError, KeyboardInterrupt)) else "failed"
            tell(RunFinished(state=state, error=str(error) or type(error).__name__))
            raise
        if limit is not None and done < len(missing):
            tell(RunFinished(state="stopped", error=f"the time of {limit.budget} is over"))
        else:
            tell(RunFinished(state="finished"))
    return done


def _on(display: Display | None, progress: Progress) -> AbstractContextManager[object]:
    return nullcontext() if display is None else shown(progress, display)


def _backend(manifest: Manifest, count: int, dask: str | None, tell: Listener, followers: _Followers) -> Backend:
    protocol, (display, _, note) = manifest.protocol, followers
    if dask is None:
        from resynapse.runs.workers.threads import Threads

        def watch(share: float, text: str) -> None:
            if display is not None:
                display.show(share=share, text=text, finished=False)

        kind = engine(
            manifest.engine, batch_size=protocol.batch_size, architecture=protocol.network, note=note, watch=watch
        )
        return Threads(protocol, kind, count, tell)
    from resynapse.runs.workers.cluster import Cluster
    from resynapse.runs.workers.worker import Plan

    return Cluster(dask, Plan.of(protocol, manifest.engine, manifest.root_seed), count, tell, note)


def _missing(manifest: Manifest, folder: RunFolder, requested: int, note: Note) -> list[int]:
    """Numbers of the subjects to compute; what is damaged is named and goes."""
    found = folder.parts()
    for path in found.damaged:
        whose = "its subjects" if path.name.startswith("pack-") else "this subject"
        note(f"{path}: damaged part, computing {whose} again")
    folder.adopt(found)
    if manifest.subjects > requested:
        note(f"{folder.path}: its cohort has {manifest.subjects} subjects, not {requested}; it is kept whole")
    missing = [n for n in range(manifest.subjects) if n not in found.sound]
    if found.sound:
        there = manifest.subjects - len(missing)
        note(f"{folder.path}: {there} of {manifest.subjects} subjects are there already")
    return missing


def _work(
    backend: Backend,
    missing: list[int],
    manifest: Manifest,
    folder: RunFolder,
    tell: Listener,
    note: Note,
    limit: Limit | None,
) -> int:
    """Compute the missing subjects and keep each when it is finished; failures are reported together at the end."""
    failed: list[SubjectError] = []
    through = 0
    numbers = missing if limit is None else limit.fitting(missing, lambda: through)
    subjects = (Subject(manifest.root_seed, n) for n in numbers)
    over = _never if limit is None else limit.budget.over
    try:
        with backend:
            folder.keep(manifest)
            _note_other_code(manifest, note)
            with closing(backend.compute(subjects, over)) as results:
                for done in results:
                    through += 1
                    if isinstance(done.rows, SubjectError):
                        failed.append(done.rows)
                        tell(SubjectFailed(subject=done.subject.number, error=str(done.rows)))
                    else:
                        folder.add(done.subject.number, done.rows, manifest.protocol.name)
                        tell(SubjectFinished(subject=done.subject.number, rows=tuple(done.rows)))
    except KeyboardInterrupt:
        raise RunInterruptedError(f"stopped; {_kept(folder)}") from None
    except ClusterLostError as error:
        raise ClusterLostError(f"{error}; {_kept(folder)}") from error
    if failed:
        raise SubjectError(
            f"{len(failed)} of {through} subjects failed, {through - len(failed)} are kept: "
            + "; ".join(str(e) for e in failed[:3])
        ) from failed[0]
    return through


def _never() -> bool:
    return False


def _kept(folder: RunFolder) -> str:
    return f"{folder.finished()} subjects are finished and kept in {folder.path}"


def _note_other_code(manifest: Manifest, note: Note) -> None:
    """Warn if a run continues with other code than it began with: its subjects may not be comparable."""
    *_, before, now = (None, *manifest.sessions)
    for what in ("versions", "commit", "sources", "plugins"):
        if before is not None and before.get(what) != now[what]:
            note(f"this run began with other {what} than now (see manifest.json); subjects may differ for that reason")
