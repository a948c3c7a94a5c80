"""Subjects on a Dask cluster: each is a task, and its results come back to the process that keeps the run folder.

Only a few tasks for each worker thread are with the scheduler at a time, so a million subjects do not sit in its
memory, and the number follows the workers as they come and go.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from resynapse.cohort import Subject
from resynapse.errors import ClusterError, ClusterLostError, SubjectError
from resynapse.runs.events import Listener, Row, WorkersCounted
from resynapse.runs.workers import dask_calls
from resynapse.runs.workers.backend import LOCAL, Finished
from resynapse.runs.workers.local import LocalWorkers
from resynapse.runs.workers.worker import Answer, Plan, events_of

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 4
"""Tasks with the scheduler for each thread of a worker."""
RETRIES = 2
"""How often a subject that failed is tried again."""
CONNECT_WITHIN = 6.0
"""Seconds in which a scheduler must answer at the start."""
_LOOK_EVERY = 1.0
_BATCH = 64
_ADDRESS = re.compile(r"((?P<scheme>tcp|tls|ws|wss|ucx)://)?(?P<host>[\w.-]+|\[[\w:.%]+\]):(?P<port>\d{1,5})")
_LOGGERS = ("distributed", "distributed.client", "distributed.scheduler", "distributed.worker", "asyncio", "tornado")


class Cluster:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    where : ``local``, or the address of a running scheduler such as ``tcp://127.0.0.1:8786``.
    plan : what the workers compute.
    workers : processes to start for ``local``.
    tell : receives how many workers there are, and what they say about their subjects.
    note : receives a line for every failed try of a subject.
    """

    def __init__(
        self, where: str, plan: Plan, workers: int, tell: Listener, note: Callable[[str], None] = lambda text: None
    ) -> None:
        self.where = where
        self.plan = plan
        self.workers = workers
        self.tell = tell
        self.note = note
        self._flying: dict[Future, tuple[Subject, int]] = {}
        self._through: SimpleQueue[Future] = SimpleQueue()
        self._local: LocalWorkers | None = None
        self._room = 0
        self._looked = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(_quiet())
            self.address = self.where
            if self.where == LOCAL:
                self._local = stack.enter_context(LocalWorkers(self.workers))
                self.address = self._local.address
            self.client = _connected(self.address)
            stack.callback(self._leave)
            self._name = f"subject-{self.client.id}"
            self.client.subscribe_topic(self._name, self._heard)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is in flight and let go of the scheduler."""
        self._cleanup.close()

    def compute(
        self, subjects: Iterable[Subject], over: Callable[[], bool] = lambda: False
    ) -> Generator[Finished, None, None]:
        """Keep every worker busy; a subject that fails is tried again on whatever worker is free."""
        coming = iter(subjects)
        while True:
            self._look()
            for subject in islice(coming, max(0, self._room - len(self._flying))):
                self._submit(subject, 0)
            if not self._flying or over():
                return
            yield from self._next()

    def _submit(self, subject: Subject, tries: int) -> None:
        key = (self._name, subject.number, tries)
        with self._asking():
            future = dask_calls.submit(self.client, tuple(self.plan), subject.number, key)
        self._flying[future] = subject, tries
        future.add_done_callback(self._through.put)

    def _heard(self, message: tuple[float, dict[str, Any]]) -> None:
        """What a worker says about a subject that is on its way; in a thread of Dask."""
        _, content = message
        if any(subject.number == content["subject"] for subject, _ in list(self._flying.values())):
            for event in events_of(content):
                self.tell(event)

    def _next(self) -> Iterator[Finished]:
        """What has arrived; waits a moment for the first."""
        ready: list[Future] = []
        for future in self._arrived():
            if future.status == "finished":
                ready.append(future)
            elif future.status == "error":
                subject = self._flying[future][0]
                yield Finished(subject, self._died(future))
            elif future.status == "cancelled":
                raise self._lost()
            else:  # its answer was lost with its worker, so another computes it again
                future.add_done_callback(self._through.put)
        with self._asking():
            results = self._gathered(ready) if ready else []
        for future, answer in zip(ready, results, strict=False):
            subject, tries = self._flying.pop(future)
            future.release()
            yield from self._judged(subject, tries, answer)

    def _arrived(self) -> Iterator[Future]:
        with suppress(Empty):
            yield self._through.get(timeout=0.2)
            for _ in range(_BATCH):
                yield self._through.get_nowait()

    def _gathered(self, ready: list[Future]) -> list[Answer]:
        """The results of futures; none yet if one was lost with its worker and is being computed again."""
        try:
            results = dask_calls.gather(self.client, ready)
        except TimeoutError:
            self._looked = 0.0
            self._look()  # says so if it is the scheduler that is silent
            for future in ready:
                future.add_done_callback(self._through.put)
            return []
        return [Answer(*plain) for plain in results]

    def _judged(self, subject: Subject, tries: int, answer: Answer) -> Iterator[Finished]:
        if answer.kind == "rows":
            yield Finished(subject, [Row(*row) for row in answer.rows])
        elif answer.kind == "other code":
            raise ClusterError(
                f"a worker of {self.address} has other code than this process ({answer.message}); "
                "install the same there"
            )
        elif tries < RETRIES:
            self.note(f"{answer.message}; trying again ({tries + 1} of {RETRIES})")
            self._submit(subject, tries + 1)
        else:
            yield Finished(subject, SubjectError(f"{answer.message} (tried {tries + 1} times)"))

    def _died(self, future: Future) -> SubjectError:
        """Why a task failed without a result: its workers died repeatedly, or none can run it at all."""
        from distributed import KilledWorker

        subject, _ = self._flying.pop(future)
        error = future.exception()
        if isinstance(error, KilledWorker):
            return SubjectError(
                f"subject {subject.number}: its worker died {error.allowed_failures + 1} times, the last one at "
                f"{error.last_worker.address}; look into the log there, more memory may help"
            )
        raise ClusterError(
            f"a worker of {self.address} cannot compute subjects ({type(error).__name__}: {error}); "
            "install the same resynapse there"
        )

    def _look(self) -> None:
        """Now and then: is the scheduler there, and how many tasks may be with it."""
        if time.monotonic() - self._looked < _LOOK_EVERY:
            return
        with self._asking():
            threads = dask_calls.threads_by_worker(self.client)
        self._looked = time.monotonic()
        if self._local is not None:
            self._local.check()
        self._room = IN_FLIGHT * max(1, sum(threads.values()))
        self.tell(WorkersCounted(workers=len(threads), address=self.address))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Say in one line that the scheduler is lost, however Dask says it."""
        from concurrent.futures import CancelledError

        from distributed.client import ClosedClientError

        try:
            yield
        except (OSError, TimeoutError, asyncio.CancelledError, CancelledError, ClosedClientError) as error:
            raise self._lost() from error
        except RuntimeError as error:
            if self.client.status == "running":
                raise
            raise self._lost() from error

    def _lost(self) -> ClusterLostError:
        return ClusterLostError(f"the Dask scheduler at {self.address} is lost")

    def _leave(self) -> None:
        """A scheduler drops the tasks of a client that leaves, and its workers stop them between epochs."""
        with suppress(Exception):
            self.client.close(timeout=3)


def _connected(address: str) -> Client:
    from distributed import Client

    cure = "give an address such as tcp://127.0.0.1:8786, or --dask local for worker processes on this machine"
    parts = _ADDRESS.fullmatch(address)
    if not parts:
        raise ClusterError(f"--dask {address!r} is no address of a Dask scheduler; {cure}")
    try:
        if parts["scheme"] in (None, "tcp"):
            _greeted(parts["host"].strip("[]"), int(parts["port"]))
        return Client(address, timeout=CONNECT_WITHIN, set_as_default=False, name="resynapse")
    except (OSError, OverflowError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(f"no Dask scheduler answers at {address!r} ({reason}); {cure}") from None


def _greeted(host: str, port: int) -> None:
    """A scheduler speaks first; on a port that stays silent Dask's client would wait without end."""
    with socket.create_connection((host, port), timeout=CONNECT_WITHIN) as probe:
        if not probe.recv(1):
            raise OSError("the connection was closed at once")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log off the user's terminal: what matters is reported in one line of our own."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
