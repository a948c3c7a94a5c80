"""The task of a worker process of a cluster: one subject, from a complete plan.

Only plain values are sent, and failures are returned as text: a worker that has to unpickle an unknown class would
crash and lose all its tasks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from importlib import metadata
from typing import Any, Literal, NamedTuple

from resynapse.cohort import Subject
from resynapse.engine import Engine, engine, engine_kind
from resynapse.errors import ResynapseError, RunInterruptedError, SubjectError
from resynapse.protocol import Protocol, dump, parse, plugins_here, plugins_of
from resynapse.runs.admission import admit_subject
from resynapse.runs.events import ArmFinished, EpochDone, Event, PhaseEntered, SubjectStarted
from resynapse.runs.provenance import sources
from resynapse.runs.walk import walk
from resynapse.runs.workers.blas import keep_blas_single_threaded

TELL_EVERY = 0.5
"""Seconds between two messages about a subject."""
_DECIDING = ("resynapse", "numpy", "scipy")


class Plan(NamedTuple):
    """The input of a worker: the protocol as JSON, the engine, the root seed, and the code of the run's process."""

    protocol: str
    engine: str
    root_seed: int
    code: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, protocol: Protocol, engine_name: str, root_seed: int) -> Plan:
        """The plan of a run, with the code of this process."""
        here, of_engine = plugins_here(), f"engine {engine_name}"
        plugins = {**plugins_of(protocol), **({of_engine: here[of_engine]} if of_engine in here else {})}
        return cls(json.dumps(dump(protocol)), engine_name, root_seed, (*code(engine_name), *plugins.items()))


class Answer(NamedTuple):
    """Result of one subject: rows, or a failure message, or the differences of the worker's code."""

    kind: Literal["rows", "failed", "other code"]
    rows: list[tuple[str, str, str, float]]
    message: str = ""


@cache
def code(engine_name: str) -> tuple[tuple[str, str], ...]:
    """What decides numbers in this process: versions of packages, and a digest of resynapse's own sources."""
    packages = (*_DECIDING, *engine_kind(engine_name).packages)
    return (*((name, metadata.version(name)) for name in packages), ("sources of resynapse", sources()))


def answer(plan: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    """`compute` for plain values."""
    return tuple(compute(Plan(*plan), number))


def compute(plan: Plan, number: int) -> Answer:
    """All results of one subject of a plan."""
    difference = _difference(plan)
    if difference:
        return Answer("other code", [], difference)
    keep_blas_single_threaded()
    try:
        protocol, chosen = _prepared(plan)
        rows = walk(protocol, Subject(plan.root_seed, number), chosen, _Teller(number))
        return Answer("rows", [(*row,) for row in rows])
    except SubjectError as error:
        return Answer("failed", [], str(error))
    except Exception as error:
        return Answer("failed", [], f"subject {number}: {error or type(error).__name__}")


def _difference(plan: Plan) -> str:
    wanted = dict(plan.code)
    try:
        here = {**dict(code(plan.engine)), **plugins_here()}
    except ResynapseError:
        here = plugins_here()
    return ", ".join(
        f"{name} {here.get(name)}, not {wanted[name]}" for name in wanted if here.get(name) != wanted[name]
    )


@lru_cache(maxsize=4)
def _prepared(plan: Plan) -> tuple[Protocol, Engine]:
    protocol = parse(json.loads(plan.protocol))
    admit_subject(protocol, plan.engine)
    return protocol, engine(plan.engine, batch_size=protocol.batch_size, architecture=protocol.network)


class _Teller:
    """Listens to one subject in a worker: reports to the run at intervals, and stops once the run no longer waits."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker, self.key = _task()
        self.phase: PhaseEntered | None = None
        self.before, self.epochs = 0, 0
        self.arms: list[str] = []
        self.sent_at = 0.0
        self._tell()

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, PhaseEntered):
            self.before, self.epochs = self.before + self.epochs, 0
            self.phase = event
        elif isinstance(event, EpochDone):
            self.epochs += event.epochs
            if self._abandoned():
                raise RunInterruptedError("the run no longer waits for this subject")
        elif isinstance(event, ArmFinished):
            self.arms.append(event.arm)
        else:
            return
        if time.monotonic() - self.sent_at >= TELL_EVERY:
            self._tell()

    def _abandoned(self) -> bool:
        tasks = {} if self.worker is None else self.worker.state.tasks
        return self.worker is not None and getattr(tasks.get(self.key), "state", "cancelled") == "cancelled"

    def _tell(self) -> None:
        """A message with what is new; the scheduler passes it on to the client of the run, which the key names."""
        if self.worker is None or not isinstance(self.key, tuple):
            return
        phase = self.phase
        content = {
            "subject": self.number,
            "before": self.before,
            "phase": None if phase is None else (phase.arms, phase.stream, phase.epochs),
            "epochs": self.epochs,
            "arms": self.arms,
        }
        # a message that is lost costs a line of progress
        with suppress(Exception):
            self.worker.log_event(self.key[0], content)
        self.sent_at = 0.0 if content["phase"] is None and not self.epochs else time.monotonic()
        self.phase, self.before, self.epochs, self.arms = None, 0, 0, []


def events_of(message: Mapping[str, Any]) -> Iterator[Event]:
    """The events behind a message of a worker; the first one of a subject has nothing in it."""
    subject, before, phase, epochs = (message[name] for name in ("subject", "before", "phase", "epochs"))
    for arm in message["arms"]:
        yield ArmFinished(subject=subject, arm=arm)
    if before:
        yield EpochDone(subject=subject, epochs=before)
    if phase is not None:
        arms, stream, length = phase
        yield PhaseEntered(subject=subject, arms=arms, stream=stream, epochs=length)
    if epochs:
        yield EpochDone(subject=subject, epochs=epochs)
    if phase is None and not epochs and not message["arms"]:
        yield SubjectStarted(subject=subject)


def _task() -> tuple[Any, Any]:
    """The worker this thread belongs to and the key of the task that runs here; none outside a worker."""
    from distributed import get_worker

    try:
        worker = get_worker()
        return worker, worker.get_current_task()
    except (ValueError, AttributeError):
        return None, None
