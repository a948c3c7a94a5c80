"""What a worker process of a cluster does: one subject, from a plan that says everything.

Only plain values travel, and what goes wrong is an answer in words: a worker that has to unpickle what it does not know
would break down with all that it holds.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import metadata
from typing import Any, Literal, NamedTuple

from resynapse.cohort import Subject
from resynapse.engine import Engine, engine
from resynapse.errors import RunInterruptedError, SubjectError
from resynapse.protocol import Protocol, dump, parse, plugins_here, plugins_of
from resynapse.runs.admission import admit_subject
from resynapse.runs.events import EpochDone, Event, Listener
from resynapse.runs.provenance import sources
from resynapse.runs.walk import walk
from resynapse.runs.workers.blas import keep_blas_single_threaded

_DECIDING = ("resynapse", "numpy", "scipy", "numba")


class Plan(NamedTuple):
    """What a worker has to know: the protocol as JSON, the engine, the root seed, and the code that asks."""

    protocol: str
    engine: str
    root_seed: int
    code: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, protocol: Protocol, engine_name: str, root_seed: int) -> Plan:
        """The plan of a run, with the code of this process."""
        plugins = plugins_of(protocol).items()
        return cls(json.dumps(dump(protocol)), engine_name, root_seed, (*code(), *plugins))


class Answer(NamedTuple):
    """Of one subject: rows, or a failure in words, or what the worker's code has that differs."""

    kind: Literal["rows", "failed", "other code"]
    rows: list[tuple[str, str, str, float]]
    words: str = ""


@cache
def code() -> tuple[tuple[str, str], ...]:
    """What decides numbers in this process: versions of packages, and a digest of resynapse's own sources."""
    return (*((name, metadata.version(name)) for name in _DECIDING), ("sources of resynapse", sources()))


TASK = "__import__('resynapse.runs.workers.worker', fromlist=['answer']).answer(plan, number)"
"""The task of a subject, to be evaluated: a worker without resynapse fails in it, and not before it."""


def answer(plan: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    """`compute` for plain values."""
    return tuple(compute(Plan(*plan), number))


def compute(plan: Plan, number: int) -> Answer:
    """All results of one subject of a plan."""
    difference = _difference(dict(plan.code))
    if difference:
        return Answer("other code", [], difference)
    keep_blas_single_threaded()
    try:
        protocol, chosen = _prepared(plan)
        rows = walk(protocol, Subject(plan.root_seed, number), chosen, _waited_for())
        return Answer("rows", [(*row,) for row in rows])
    except SubjectError as error:
        return Answer("failed", [], str(error))
    except Exception as error:
        return Answer("failed", [], f"subject {number}: {error or type(error).__name__}")


def _difference(wanted: dict[str, str]) -> str:
    here = {**dict(code()), **plugins_here()}
    return ", ".join(
        f"{name} {here.get(name)}, not {wanted[name]}" for name in wanted if here.get(name) != wanted[name]
    )


@lru_cache(maxsize=4)
def _prepared(plan: Plan) -> tuple[Protocol, Engine]:
    protocol = parse(json.loads(plan.protocol))
    admit_subject(protocol, plan.engine)
    return protocol, engine(plan.engine, batch_size=protocol.batch_size)


def _waited_for() -> Listener:
    """Ends a subject between epochs once nobody waits for it any more, so that a stopped run frees its workers."""
    tasks, key = _task()

    def listen(event: Event) -> None:
        abandoned = tasks is not None and getattr(tasks.get(key), "state", "cancelled") == "cancelled"
        if abandoned and isinstance(event, EpochDone):
            raise RunInterruptedError("nobody waits for this subject any more")

    return listen


def _task() -> tuple[Any, Any]:
    """The tasks of the worker this thread belongs to and the one that runs here; none outside a worker."""
    from distributed import get_worker

    try:
        worker = get_worker()
        return worker.state.tasks, worker.get_current_task()
    except (ValueError, AttributeError):
        return None, None
