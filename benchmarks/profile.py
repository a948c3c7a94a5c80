"""Where the time of one subject goes: every verb of the engine in a real walk, by processor time of the one thread."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from benchmarks.machine import single_threaded_blas
from benchmarks.stages import phase_name
from benchmarks.tables import Cell, table
from resynapse.cohort import Subject
from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.modulation import Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.protocol import Protocol
from resynapse.randomness import Key
from resynapse.runs.events import EpochDone, Event, PhaseEntered
from resynapse.runs.walk import walk
from resynapse.task import Split


@dataclass(slots=True)
class _Clock:
    """An engine that passes everything on and adds up the seconds of each verb, training by phase."""

    engine: Engine
    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    current: str = ""
    training: str = ""
    name: str = "clock"

    @property
    def dtype(self) -> DTypeLike:
        return self.engine.dtype

    def listen(self, event: Event) -> None:
        """Keep which phase begins (arms that share it are one entry), and count epochs."""
        if isinstance(event, PhaseEntered):
            self.current = f"train, {phase_name(event)}"
        elif isinstance(event, EpochDone):
            self._add(self.training, 0.0)

    def _add(self, what: str, seconds: float, calls: int = 1) -> None:
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds
        self.calls[what] = self.calls.get(what, 0) + calls

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        # a fork on the way may name a phase of its own
        what = self.training = self.current
        started = time.thread_time()
        for reached in self.engine.train(network, data, phase, at):
            self._add(what, time.thread_time() - started, calls=0)
            yield reached
            self.training = what
            started = time.thread_time()

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        started = time.thread_time()
        scores = self.engine.respond(network, inputs, modulation, noise, noise_scale)
        self._add("assess, with noise" if noise else "assess, noise-free", time.thread_time() - started)
        return scores

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        started = time.thread_time()
        value = self.engine.activity(network, inputs, modulation)
        self._add("activation magnitude", time.thread_time() - started)
        return value

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        started = time.thread_time()
        values = self.engine.spread(network, inputs, modulation)
        self._add("spread of units", time.thread_time() - started)
        return values

    def saliency(
        self, network: Network, data: Split, modulation: Modulation, batches: Sequence[NDArray[np.int64]]
    ) -> dict[str, NDArray[np.float64]]:
        started = time.thread_time()
        scores = self.engine.saliency(network, data, modulation, batches)
        self._add("regrowth scores", time.thread_time() - started)
        return scores


def measure(protocol: Protocol) -> tuple[str, dict[str, Any]]:
    """Walk one subject twice, the first time to warm up, and say what took how long."""
    chosen = engine("compiled", batch_size=protocol.batch_size)
    with single_threaded_blas():
        walk(_brief(protocol), Subject(0, 0), chosen)
        clock = _Clock(chosen)
        started = time.thread_time()
        walk(protocol, Subject(0, 1), clock, clock.listen)
        wall = time.thread_time() - started
    clock.seconds["all else (data, pruning, regrowth, tables)"] = wall - sum(clock.seconds.values())
    ordered = sorted(clock.seconds.items(), key=lambda item: -item[1])
    rows: list[list[Cell]] = [[what, clock.calls.get(what), s, 100 * s / wall] for what, s in ordered]
    rows.append(["one subject on one core", None, wall, 100.0])
    text = table("Where the time goes", ["what", "epochs or calls", "seconds", "%"], rows)
    return text, {"wall": wall, "seconds": clock.seconds, "calls": clock.calls}


def _brief(protocol: Protocol) -> Protocol:
    from benchmarks.child import varied

    brief: Protocol = varied(protocol, None, 1)
    return brief
