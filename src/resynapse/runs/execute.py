"""Run a cohort: subjects go to workers, results are kept as they come, going on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from resynapse.cohort import Cohort, Subject
from resynapse.engine import check_engine, engine
from resynapse.errors import ClusterError, ClusterLostError, ResynapseError, RunInterruptedError, SubjectError
from resynapse.protocol import Protocol
from resynapse.protocol.routes import epochs
from resynapse.runs.planning.memory import check_memory
from resynapse.runs.progress import Display, Progress
from resynapse.runs.provenance import usable_cores
from resynapse.runs.store.folder import Manifest, RunFolder, session
from resynapse.runs.workers.backend import LOCAL, Backend

Note = Callable[[str], None]


def execute(
    protocol: Protocol,
    cohort: Cohort,
    folder: RunFolder,
    *,
    workers: int | None = None,
    engine_name: str = "compiled",
    dask: str | None = None,
    display: Display | None = None,
    note: Note = lambda text: None,
) -> None:
    """Compute the subjects that `folder` does not hold yet, then write its table.

    Parameters
    ----------
    workers : subjects at a time; by default the cores this process may use.
    dask : ``local`` for worker processes, or the address of a running scheduler; by default threads.
    display : shows progress.
    note : receives lines a user should read (a damaged part, subjects already there).

    Raises
    ------
    RunFolderError : the folder holds another run, is in use, or cannot be written.
    RunInterruptedError : Ctrl-C; finished subjects are kept.
    SubjectError : subjects failed; the others are finished and kept.
    ClusterError : workers cannot be reached, cannot compute this run, or were lost; finished subjects are kept.
    """
    _check_workers(workers, dask)
    check_engine(engine_name, protocol.batch_size)
    cohort.check(protocol)
    here = 0 if dask not in (None, LOCAL) else min(workers or usable_cores(), cohort.size)
    check_memory(protocol, engine_name, subjects=cohort.size, workers=here)
    wanted = Manifest(protocol, cohort.root_seed, engine_name, cohort.size, (session(protocol),))
    folder.admit(wanted)
    with folder.lock():
        manifest = folder.admit(wanted)
        missing = _missing(manifest, folder, cohort.size, note)
        if missing:
            done = manifest.subjects - len(missing)
            progress = Progress(len(missing), epochs(protocol.routes), display, already=done)
            count = min(workers or usable_cores(), len(missing))
            backend: Backend
            if dask is None:
                from resynapse.runs.workers.threads import Threads

                chosen = engine(engine_name, batch_size=protocol.batch_size, note=note)
                backend = Threads(manifest.protocol, chosen, count, progress)
            else:
                from resynapse.runs.workers.cluster import Cluster
                from resynapse.runs.workers.worker import Plan

                plan = Plan.of(manifest.protocol, engine_name, manifest.root_seed)
                backend = Cluster(dask, plan, count, progress, note)
            _work(backend, missing, manifest, folder, progress, note)
        folder.finish()


def _check_workers(workers: int | None, dask: str | None) -> None:
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ResynapseError(f"{workers} workers is not possible: give a whole number of at least 1")
    if dask is None:
        return
    from resynapse.runs.workers.cluster import require_dask

    require_dask()
    if dask != LOCAL and workers is not None:
        raise ClusterError(
            f"--workers {workers} is not possible with --dask {dask}: a running scheduler has its own workers; "
            "leave --workers out"
        )


def _missing(manifest: Manifest, folder: RunFolder, asked: int, note: Note) -> list[int]:
    """Numbers of the subjects to compute; what is damaged is named and goes."""
    found = folder.parts()
    for path in found.damaged:
        whose = "its subjects" if path.name.startswith("pack-") else "this subject"
        note(f"{path}: damaged part, computing {whose} again")
    folder.adopt(found)
    if manifest.subjects > asked:
        note(f"{folder.path}: its cohort has {manifest.subjects} subjects, not {asked}; it is kept whole")
    missing = [n for n in range(manifest.subjects) if n not in found.sound]
    if found.sound:
        there = manifest.subjects - len(missing)
        note(f"{folder.path}: {there} of {manifest.subjects} subjects are there already")
    return missing


def _work(
    backend: Backend, missing: list[int], manifest: Manifest, folder: RunFolder, progress: Progress, note: Note
) -> None:
    """Compute the missing subjects and keep each as it comes; failures are told together at the end."""
    failed: list[SubjectError] = []
    subjects = (Subject(manifest.root_seed, n) for n in missing)
    try:
        with backend:
            folder.keep(manifest)
            _note_other_code(manifest, note)
            with closing(backend.compute(subjects)) as results:
                for done in results:
                    if isinstance(done.rows, SubjectError):
                        failed.append(done.rows)
                    else:
                        folder.add(done.subject.number, done.rows, manifest.protocol.name)
                        progress.end(done.subject.number)
    except KeyboardInterrupt:
        raise RunInterruptedError(f"stopped; {_kept(folder)}") from None
    except ClusterLostError as error:
        raise ClusterLostError(f"{error}; {_kept(folder)}") from error
    if failed:
        raise SubjectError(
            f"{len(failed)} of {len(missing)} subjects failed, {len(missing) - len(failed)} are kept: "
            + "; ".join(str(e) for e in failed[:3])
        ) from failed[0]


def _kept(folder: RunFolder) -> str:
    return f"{folder.finished()} subjects are finished and kept in {folder.path}"


def _note_other_code(manifest: Manifest, note: Note) -> None:
    """Say when a run goes on with other code than it began with: its subjects may not be comparable."""
    *_, before, now = (None, *manifest.sessions)
    for what in ("versions", "commit", "sources", "plugins"):
        if before is not None and before.get(what) != now[what]:
            note(f"this run began with other {what} than now (see manifest.json); subjects may differ for that reason")
