"""What a protocol will cost on this machine: a rehearsal that times a few steps of every phase.

The rehearsal is a real walk through the tree with an engine that trains on a few batches and multiplies the time, so
nothing is guessed about pruned, regrown or noisy networks.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.cohort import Subject
from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.modulation import Modulation
from resynapse.network import FloatArray, Network
from resynapse.protocol import Protocol
from resynapse.protocol.paths import epochs
from resynapse.randomness import Key
from resynapse.runs.blas import single_threaded_blas
from resynapse.runs.memory import check_memory
from resynapse.runs.progress import duration
from resynapse.runs.provenance import usable_cores
from resynapse.runs.walk import walk
from resynapse.task import Split

BATCHES = 6
"""Training batches that stand for a phase."""


@dataclass(slots=True)
class _Rehearsal:
    """An engine that does a little of everything and adds up what all of it would take."""

    engine: Engine
    seconds: float = 0.0
    name: str = "rehearsal"

    @property
    def dtype(self) -> DTypeLike:
        """Of the engine that is timed."""
        return self.engine.dtype

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        last = max(at, default=0)
        after = network
        if last > 0:
            few = min(BATCHES * phase.batch_size, data.labels.size)
            part = Split(data.inputs[:, :few], data.labels[:few])
            short = replace(phase, schedule=phase.schedule[:1])
            started = time.perf_counter()
            ((_, after),) = self.engine.train(network, part, short, [1])
            self.seconds += (time.perf_counter() - started) * last * data.labels.size / few
        for count in sorted(at):
            yield count, after if count else network

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
    ) -> FloatArray:
        started = time.perf_counter()
        scores = self.engine.respond(network, inputs, modulation, noise)
        self.seconds += time.perf_counter() - started
        return scores

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> float:
        started = time.perf_counter()
        value = self.engine.activity(network, inputs, modulation)
        self.seconds += time.perf_counter() - started
        return value

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> list[NDArray[np.float64]]:
        started = time.perf_counter()
        scores = self.engine.saliency(network, data, modulation, batches)
        self.seconds += time.perf_counter() - started
        return scores


@dataclass(frozen=True, slots=True)
class Estimate:
    """Training epochs and estimated seconds of one subject on one core of this machine."""

    epochs: int
    seconds: float

    @classmethod
    def rehearse(cls, protocol: Protocol, engine_name: str = "compiled") -> Estimate:
        """Time a few steps of every phase, twice: the first time warms up.

        Raises
        ------
        ResynapseError : a subject cannot fit in memory.
        """
        check_memory(protocol, engine_name, subjects=1, workers=1)
        chosen = engine(engine_name, batch_size=protocol.batch_size)
        with single_threaded_blas():
            for _ in range(2):
                rehearsal = _Rehearsal(chosen)
                walk(protocol, Subject(0, 0), rehearsal, everyone=True)
        return cls(epochs(protocol.routes), rehearsal.seconds)

    def sentence(self, subjects: int) -> str:
        """The estimate in words, for a cohort on the cores this process may use."""
        workers = min(usable_cores(), subjects)
        rounds = -(-subjects // workers)
        return (
            f"{self.epochs} training epochs a subject. Estimated cost on this machine, from steps timed just now: "
            f"{duration(self.seconds)} a subject, {duration(rounds * self.seconds)} for a cohort of {subjects}, "
            f"{workers} at a time."
        )
