"""Run a cohort: a subject per core, results kept as they come, going on where an earlier run stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from resynapse.cohort import Cohort, Subject
from resynapse.engine import Engine, engine
from resynapse.errors import ResynapseError, RunFolderError, RunInterruptedError, SubjectError
from resynapse.protocol import Protocol
from resynapse.protocol.paths import epochs
from resynapse.runs.folder import Manifest, RunFolder, session
from resynapse.runs.progress import Display, Progress
from resynapse.runs.provenance import usable_cores
from resynapse.runs.walk import walk

Note = Callable[[str], None]


def execute(
    protocol: Protocol,
    cohort: Cohort,
    folder: RunFolder,
    *,
    workers: int | None = None,
    engine_name: str = "compiled",
    display: Display | None = None,
    note: Note = lambda text: None,
) -> None:
    """Compute the subjects that `folder` does not hold yet, then write its table.

    Parameters
    ----------
    workers : subjects at a time; by default the cores this process may use.
    display : shows progress.
    note : receives lines a user should read (a damaged part, subjects already there).

    Raises
    ------
    RunFolderError : the folder holds another run, is in use, or cannot be written.
    RunInterruptedError : Ctrl-C; finished subjects are kept.
    SubjectError : subjects failed; the others are finished and kept.
    """
    if workers is not None and workers < 1:
        raise ResynapseError(f"{workers} workers is not possible: give at least 1")
    chosen = engine(engine_name, batch_size=protocol.batch_size)
    wanted = Manifest(protocol, cohort.root_seed, engine_name, cohort.size, (session(),))
    folder.admit(wanted)
    with folder.lock():
        manifest = folder.admit(wanted)
        missing = _missing(manifest, folder, cohort.size, note)
        if missing:
            folder.keep(manifest)
            _note_other_code(manifest, note)
            progress = Progress(len(missing), epochs(protocol.routes), display)
            crew = _Crew(manifest.protocol, chosen, folder, progress)
            with single_threaded_blas():
                crew.work(missing, min(workers or usable_cores(), len(missing)))
        folder.finish()


def _note_other_code(manifest: Manifest, note: Note) -> None:
    """Say when a run goes on with other code than it began with: its subjects may not be comparable."""
    *_, before, now = (None, *manifest.sessions)
    for what in ("versions", "commit"):
        if before is not None and before[what] != now[what]:
            note(f"this run began with other {what} than now (see manifest.json); subjects may differ for that reason")


def _missing(manifest: Manifest, folder: RunFolder, asked: int, note: Note) -> list[Subject]:
    sound, damaged = folder.parts()
    for path in damaged:
        note(f"{path}: damaged part, computing this subject again")
        _set_aside(path)
    whole = Cohort(size=manifest.subjects, root_seed=manifest.root_seed)
    missing = [s for s in whole if s.number not in sound]
    if manifest.subjects > asked:
        note(f"{folder.path}: its cohort has {manifest.subjects} subjects, not {asked}; it is kept whole")
    if sound:
        note(f"{folder.path}: {len(sound)} of {manifest.subjects} subjects are there already")
    return missing


def _set_aside(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f"{path}: in the way and cannot be deleted ({error.strerror}); move it") from None


class _Crew:
    """Threads that take subjects from a list; kernels hold no GIL, so each keeps a core busy."""

    def __init__(self, protocol: Protocol, engine: Engine, folder: RunFolder, progress: Progress) -> None:
        self.protocol = protocol
        self.engine = engine
        self.folder = folder
        self.progress = progress
        self.stopping = threading.Event()

    def work(self, subjects: list[Subject], workers: int) -> None:
        """Compute all subjects; on Ctrl-C let the running epochs end, then stop."""
        with ThreadPoolExecutor(workers, thread_name_prefix="subject") as pool:
            futures: list[Future[None]] = []
            try:
                futures.extend(pool.submit(self._one, s) for s in subjects)
                self._wait(futures)
            except KeyboardInterrupt:
                self.stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                sound, _ = self.folder.parts()
                raise RunInterruptedError(
                    f"stopped; {len(sound)} subjects are finished and kept in {self.folder.path}"
                ) from None
            except BaseException:
                self.stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        failed = [e for f in futures if (e := f.exception()) is not None]
        if failed:
            others = len(subjects) - len(failed)
            raise SubjectError(
                f"{len(failed)} of {len(subjects)} subjects failed, {others} are kept: "
                + "; ".join(str(e) for e in failed[:3])
            ) from failed[0]

    def _wait(self, futures: list[Future[None]]) -> None:
        pending = set(futures)
        while pending:
            finished, pending = wait(pending, timeout=0.2)
            for future in finished:
                error = future.exception()
                if isinstance(error, RunFolderError):
                    raise error

    def _one(self, subject: Subject) -> None:
        self.progress.begin(subject.number)
        try:
            rows = walk(self.protocol, subject, self.engine, _Watch(self, subject.number))
            self.folder.add(subject.number, rows, self.protocol.name)
        except BaseException:
            self.progress.drop(subject.number)
            raise
        self.progress.end(subject.number)


class _Watch:
    """Tells the crew's progress of one subject, and stops it when the crew stops."""

    def __init__(self, crew: _Crew, subject: int) -> None:
        self.crew = crew
        self.subject = subject

    def phase(self, name: str) -> None:
        """A new phase begins."""
        self.crew.progress.phase(self.subject, f"subject {self.subject}, {name}")

    def epoch(self) -> None:
        """An epoch is over."""
        if self.crew.stopping.is_set():
            raise RunInterruptedError("stopped between epochs")
        self.crew.progress.epoch(self.subject)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS on one thread, as subjects already fill the cores; restored afterwards."""
    import scipy.linalg.cython_blas  # noqa: F401  (the library that kernels call must be there to be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
