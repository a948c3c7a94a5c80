"""Subjects on the cores of this machine, in threads: kernels hold no GIL, so each thread keeps a core busy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from itertools import islice
from typing import Self

from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import RunInterruptedError, SubjectError
from resynapse.protocol import Protocol
from resynapse.runs.events import EpochDone, Event, Listener, Row, SubjectStarted
from resynapse.runs.walk import walk
from resynapse.runs.workers.backend import Finished
from resynapse.runs.workers.blas import keep_blas_single_threaded, single_threaded_blas


class Threads:
    """A pool of threads of this process.

    Parameters
    ----------
    workers : subjects at a time.
    tell : receives what happens to the subjects.
    """

    def __init__(self, protocol: Protocol, engine: Engine, workers: int, tell: Listener) -> None:
        self.protocol = protocol
        self.engine = engine
        self.workers = workers
        self.tell = tell
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(single_threaded_blas())
            self._pool = ThreadPoolExecutor(
                self.workers, thread_name_prefix="subject", initializer=keep_blas_single_threaded
            )
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the running epochs end, then stop."""
        self.stopping.set()
        with self._cleanup:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def compute(
        self, subjects: Iterable[Subject], over: Callable[[], bool] = lambda: False
    ) -> Generator[Finished, None, None]:
        """Keep every thread busy; one subject waits for each, so that none ever idles."""
        coming = iter(subjects)
        pending: dict[Future[list[Row]], Subject] = {}
        while True:
            for subject in islice(coming, 2 * self.workers - len(pending)):
                pending[self._pool.submit(self._one, subject)] = subject
            if not pending or over():
                return
            # a wait without end would keep Ctrl-C waiting on some systems
            done, _ = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                yield Finished(pending.pop(future), _rows(future))

    def _one(self, subject: Subject) -> list[Row]:
        self.tell(SubjectStarted(subject=subject.number))
        return walk(self.protocol, subject, self.engine, self._listen)

    def _listen(self, event: Event) -> None:
        """Tell it to the run, and end the subject between epochs when the run stops."""
        if isinstance(event, EpochDone) and self.stopping.is_set():
            raise RunInterruptedError("stopped between epochs")
        self.tell(event)


def _rows(future: Future[list[Row]]) -> Sequence[Row] | SubjectError:
    try:
        return future.result()
    except SubjectError as error:
        return error
    except Exception as error:
        failure = SubjectError(str(error) or type(error).__name__)
        failure.__cause__ = error
        return failure
