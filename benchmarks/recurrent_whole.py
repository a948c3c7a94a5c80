"""All of `gru-kindling`: what a subject takes, from a step's time in every phase and the epochs of the protocol."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from benchmarks.tables import Cell, table
from resynapse.cohort import Subject
from resynapse.engine import Engine, TrainingPhase
from resynapse.networks import Network
from resynapse.protocol import Protocol
from resynapse.runs.events import Event, PhaseEntered
from resynapse.runs.walk import walk
from resynapse.task import Split

SECTIONS = {"induction": "base", "treatment": "treatment", "follow_up/maintenance": "maintenance"}
"""Sections of a subject's path by the beginning of a stream; the others are cycles."""
NOTES = (
    "Processor time of a subject: median ms a step of each phase x steps x epochs. Ours has assessments and regrowth",
    "besides, timed on networks that are not trained; those of the loop come free. The sequel trains each duration of",
    "maintenance by itself; one trajectory with forks has the same distribution for each.",
    "Two loops: at best twice as fast as one; over ours with a subject on each core.",
    "Bound: all products in full at the rate of a 1024 x 1024 one, one trajectory, nothing else; we are below it as",
    "only live weights, and units that are not silent, are multiplied.",
)


class Epochs(NamedTuple):
    """Training epochs of a subject: each duration by itself, and one trajectory with forks."""

    published: int
    shared: int


class Taken(NamedTuple):
    """Milliseconds a step of a phase; of the loop None where PyTorch is not there."""

    ours: float
    two: float
    loop: float | None
    full: float
    """At the rate of a full product."""


@dataclass(slots=True)
class _Untrained:
    """An engine that counts epochs in place of training, and does all else."""

    engine: Engine
    epochs: dict[tuple[str, str], Epochs] = field(default_factory=dict)
    phase: tuple[str, str] = ("", "")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def listen(self, event: Event) -> None:
        """Keep which phase begins."""
        if isinstance(event, PhaseEntered):
            found = [name for start, name in SECTIONS.items() if event.stream.startswith(start)]
            section = found[0] if found else "cycles"
            self.phase = section, "" if section == "base" else event.arms.split(" ")[0].rstrip(",")

    def train(
        self, network: Network, _: Split, __: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Count, and give the network back as it is."""
        before = self.epochs.get(self.phase, Epochs(0, 0))
        published = sum(at) if self.phase[0] == "maintenance" else max(at)
        self.epochs[self.phase] = Epochs(before.published + published, before.shared + max(at))
        yield from ((count, network) for count in sorted(at))


def untrained(protocol: Protocol, engine: Engine) -> tuple[Mapping[tuple[str, str], Epochs], float]:
    """Epochs of one subject by (section, arm), and processor seconds of all that is not training."""
    counting = _Untrained(engine)
    started = time.thread_time()
    walk(protocol, Subject(0, 0), cast("Engine", counting), counting.listen)
    return counting.epochs, time.thread_time() - started


def whole(epochs: Mapping[str, Epochs], taken: Mapping[str, Taken], steps: int, rest: float) -> str:
    """The table of a whole subject.

    Parameters
    ----------
    epochs, taken : by phase.
    steps : training steps of an epoch.
    rest : seconds of all that is not training.
    """

    def minutes(field: str, count: str) -> float | None:
        each = [(getattr(taken[name], field), getattr(epochs[name], count)) for name in epochs]
        if any(one is None for one, _ in each):
            return None
        return sum(one * number for one, number in each) * steps / 6e4

    ours, two = minutes("ours", "shared"), minutes("two", "shared")
    assert ours is not None
    assert two is not None
    ours, two = ours + rest / 60, two + rest / 120
    rows: list[list[Cell]] = [
        [f"ours, {name}", one.shared, taken[name].ours * one.shared * steps / 6e4, None] for name, one in epochs.items()
    ]
    shared, published = (sum(getattr(one, count) for one in epochs.values()) for count in ("shared", "published"))
    rows += [["ours, assessments and regrowth", None, rest / 60, None], ["ours, all in", shared, ours, None]]
    loop, loop_shared = minutes("loop", "published"), minutes("loop", "shared")
    if loop is not None and loop_shared is not None:
        rows += [
            ["plain loop", published, loop, loop / ours],
            ["plain loop, one trajectory", shared, loop_shared, loop_shared / ours],
            ["two plain loops side by side", published, loop / 2, loop / 2 / two],
        ]
    bound = minutes("full", "shared")
    assert bound is not None
    rows.append(["bound: full products", shared, bound, bound / ours])
    return table("Whole gru-kindling, one subject", ["who", "epochs", "minutes", "x ours"], rows, NOTES)
