"""What a protocol will cost on this machine: a rehearsal that times a few steps of every phase.

The rehearsal is a real walk through the tree with an engine that trains on a few batches and multiplies the time, so
nothing is guessed about pruned, regrown or noisy networks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.cohort import Subject
from resynapse.cores import usable_cores
from resynapse.engine import Engine, TrainingPhase, engine, engine_kind
from resynapse.modulation import Modulation
from resynapse.networks.base import BoolArray, FloatArray, Network, Trace
from resynapse.protocol import Protocol
from resynapse.protocol.routes import epochs
from resynapse.randomness import Key
from resynapse.runs.admission import admit_subject, engine_for
from resynapse.runs.duration import duration
from resynapse.runs.events import EpochDone, Event, Measured
from resynapse.runs.timetable import Place, Timetable
from resynapse.runs.walk import walk
from resynapse.runs.workers.blas import single_threaded_blas
from resynapse.task import Split
from resynapse.task.losses import part_of

T = TypeVar("T")

BATCHES, MANY = 6, 30
"""Training batches of a short and of a long try: their difference is the cost of batches, the rest is paid once a
phase. Both are one epoch where a set has so many, as an epoch costs something too."""
SAMPLES = 256
"""Samples of a test set that represent it where a pass through them is already long."""
LONG, STEP, WARM = 0.05, 0.2, 1.0
"""Seconds: work that took LONG represents the rest of its kind, and so does a training step that took STEP; a rehearsal
that took WARM is not repeated."""


@dataclass(slots=True)
class _Rehearsal:
    """An engine that does a little of everything and adds up what all of it would take."""

    engine: Engine
    clock: Callable[[], float]
    seconds: float = 0.0
    name: str = "rehearsal"
    reached: dict[Place, float] = field(default_factory=dict)
    passes: dict[tuple[object, ...], tuple[float, Any]] = field(default_factory=dict)
    counted: tuple[Mapping[str, BoolArray] | None, list[int]] = (None, [])

    @property
    def dtype(self) -> DTypeLike:
        """Of the engine that is timed."""
        return self.engine.dtype

    def listen(self, event: Event) -> None:
        """Note when each place of the walk is reached."""
        place = next(reversed(self.reached), Place(0))
        if isinstance(event, EpochDone):
            self.reached[Place(place.epochs + event.epochs, place.measured)] = self.seconds
        elif isinstance(event, Measured):
            self.reached[Place(place.epochs, place.measured + 1)] = self.seconds

    @property
    def timetable(self) -> Timetable:
        """When each place of the walk is reached."""
        return Timetable(list(self.reached), list(self.reached.values()), self.seconds)

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        last = max(at, default=0)
        after, each_epoch = network, 0.0
        if last > 0:
            size = data.labels.size
            one, few, many = (min(batches * phase.batch_size, size) for batches in (1, BATCHES, MANY))
            short, after = self._timed(network, data, phase, one, 1)
            if short < STEP:
                short, _ = self._timed(network, data, phase, few, 1)
                # how many units are silent, and so the cost of what follows, depends on what was learnt
                rounds = -(-MANY * phase.batch_size // many)
                long, after = self._timed(network, data, phase, many, rounds)
                # what a phase sets up once is paid once, so that only the difference is multiplied
                each = max(long - short, 0.0) / (many * rounds - few)
                self.seconds += max(short - few * each, 0.0)
                each_epoch = each * size
            else:
                each_epoch = short / one * size
        for epoch in range(last + 1):
            if epoch in at:
                yield epoch, after if epoch else network
            if epoch < last:
                self.seconds += each_epoch
                phase.pause()

    def _timed(
        self, network: Network, data: Split, phase: TrainingPhase, samples: int, epochs: int
    ) -> tuple[float, Network]:
        """Seconds of epochs over some of the samples, and the network after them."""
        part = part_of(data, slice(samples))
        few = replace(phase, schedule=[*phase.schedule[:1]] * epochs, pause=_go_on)
        started = self.clock()
        ((_, after),) = self.engine.train(network, part, few, [epochs])
        return self.clock() - started, after

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        kind = ("respond", noise is None, noise_scale is None)
        part = self._pass(
            kind, partial(self.engine.respond, noise=noise, noise_scale=noise_scale), network, inputs, modulation
        )
        return part[..., np.arange(inputs.shape[-1]) % part.shape[-1]]

    def trace(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> Trace:
        started = self.clock()
        seen = self.engine.trace(network, inputs, modulation, noise, noise_scale)
        self.seconds += self.clock() - started
        return seen

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        return self._pass(("activity",), self.engine.activity, network, inputs, modulation)

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        return self._pass(("spread",), self.engine.spread, network, inputs, modulation)

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> dict[str, NDArray[np.float64]]:
        alike = ("saliency", len(batches), *self._connections(network), data.labels.size, modulation.activation)
        work = partial(self.engine.saliency, network, data, modulation)
        return self._once(alike, len(batches), 1, lambda count: work(batches[:count]))

    def _pass(
        self,
        kind: tuple[object, ...],
        work: Callable[[Network, NDArray[np.float64], Modulation], T],
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
    ) -> T:
        alike = (*kind, *self._connections(network), *inputs.shape, modulation.activation)
        return self._once(
            alike, inputs.shape[-1], SAMPLES, lambda count: work(network, inputs[..., :count], modulation)
        )

    def _once(self, alike: tuple[object, ...], size: int, smallest: int, work: Callable[[int], T]) -> T:
        """What `work` gave for the first network that is as dense: a tree of many arms has thousands of passes.

        Each is told at what the first one took.
        """
        if alike not in self.passes:
            self.passes[alike] = self._of_part(size, smallest, work)
        seconds, found = self.passes[alike]
        self.seconds += seconds
        return found  # type: ignore[no-any-return]

    def _connections(self, network: Network) -> list[int]:
        """How many of each there are; counted once for all networks that share their masks."""
        if self.counted[0] is not network.masks:
            self.counted = (network.masks, [int(np.count_nonzero(mask)) for mask in network.masks.values()])
        return self.counted[1]

    def _of_part(self, size: int, smallest: int, work: Callable[[int], T]) -> tuple[float, T]:
        """Seconds of `work(size)`: timed whole, or in proportion to its smallest part where that is long already."""
        for count in (min(smallest, size), size):
            started = self.clock()
            result = work(count)
            seconds = self.clock() - started
            if seconds >= LONG:
                break
        return seconds * size / max(count, 1), result


def _go_on() -> None:
    """Between epochs of a rehearsal nothing is told."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Training epochs, estimated seconds of one subject on one core of this machine, and when it reaches what."""

    epochs: int
    seconds: float
    timetable: Timetable | None = field(default=None, repr=False)

    @classmethod
    def rehearse(
        cls, protocol: Protocol, engine_name: str | None = None, *, beside: bool = False, busy: bool = False
    ) -> Estimate:
        """Time a few steps of every phase; twice where that is quick, as the first time warms up.

        Parameters
        ----------
        beside : a run of the protocol is under way, so that all is warm.
        busy : what a subject takes while this machine does what it does now, as a budget of time needs it; otherwise
            what it takes on a free machine, where the engine computes in this thread.

        Raises
        ------
        ResynapseError : a subject cannot fit in memory.
        """
        engine_name = engine_for(protocol, engine_name)
        admit_subject(protocol, engine_name)
        chosen = engine(engine_name, batch_size=protocol.batch_size, architecture=protocol.network)
        free = beside or (engine_kind(engine_name).in_thread and not busy)
        clock = time.thread_time if free else time.perf_counter
        with single_threaded_blas():
            for _ in range(1 if beside else 2):
                rehearsal, started = _Rehearsal(chosen, clock), time.perf_counter()
                walk(protocol, Subject(0, 0), rehearsal, rehearsal.listen, everyone=True)
                if time.perf_counter() - started > WARM:
                    break
        return cls(epochs(protocol.routes), rehearsal.seconds, rehearsal.timetable)

    def sentence(self, subjects: int) -> str:
        """The estimate as a sentence, for a cohort on the cores this process may use."""
        workers = min(usable_cores(), subjects)
        rounds = -(-subjects // workers)
        return (
            f"{self.epochs} training epochs a subject. Estimated cost on this machine, from steps timed just now: "
            f"{duration(self.seconds)} a subject, {duration(rounds * self.seconds)} for a cohort of {subjects}, "
            f"{workers} at a time; more while it is busy."
        )
