"""The training phases of a protocol, each with the network that enters it, taken from a real walk through the tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.cohort import Subject
from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.modulation import Modulation
from resynapse.networks import Perceptron
from resynapse.networks.base import FloatArray, Network
from resynapse.protocol import Protocol, load
from resynapse.randomness import Key
from resynapse.runs.events import Event, PhaseEntered
from resynapse.runs.walk import walk
from resynapse.task import GaussianBlobs, Split

SECTIONS = {"induction": "base", "treatment": "treatment", "follow_up": "maintenance"}


def subject_protocol(*, quick: bool) -> Protocol:
    """`switch-relapse` as published, or its miniature for a smoke run."""
    published = load("switch-relapse")
    if not quick:
        return published
    return replace(
        published, task=GaussianBlobs(train=640, test=400, clean=100), network=Perceptron(hidden=(128, 128, 64))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One training phase, ready to be timed.

    Parameters
    ----------
    name : ``base``, ``ketamine treatment``, ``ketamine maintenance`` and so on.
    network : as it enters the phase.
    data : training set.
    phase : the whole phase as the protocol has it.
    published_epochs : epochs of the publication, a run of its own for each duration.
    shared_epochs : epochs of one trajectory with forks.
    """

    name: str
    network: Network
    data: Split
    phase: TrainingPhase
    published_epochs: int
    shared_epochs: int

    @property
    def modulation(self) -> Modulation:
        """What is in force half-way through the phase: it stands for every epoch where a phase is timed."""
        return self.phase.schedule[len(self.phase.schedule) // 2]

    @property
    def noisy(self) -> bool:
        """Whether hidden units receive noise somewhere in the phase."""
        return any(m.noise_sd > 0 for m in self.phase.schedule)

    @property
    def steps(self) -> int:
        """Training steps of an epoch."""
        return -(-self.data.labels.size // self.phase.batch_size)

    def short(self, epochs: int, pause: Callable[[], None]) -> TrainingPhase:
        """A phase of so many epochs under `modulation`."""
        return replace(self.phase, schedule=[self.modulation] * epochs, pause=pause)

    def part(self, samples: int) -> Stage:
        """The same on the first samples of the training set."""
        return replace(self, data=Split(self.data.inputs[:, :samples], self.data.labels[:samples]))


def phase_name(phase: PhaseEntered) -> str:
    """The phase in a reader's words."""
    section = SECTIONS[phase.stream.split("/")[0]]
    return section if section == "base" else f"{phase.arms} {section}"


@dataclass(slots=True)
class _Recorder:
    """An engine that notes every phase, and trains wherever a later phase needs the outcome."""

    engine: Engine
    stages: list[Stage] = field(default_factory=list)
    current: str = ""
    name: str = "recorder"

    @property
    def dtype(self) -> DTypeLike:
        return self.engine.dtype

    def listen(self, event: Event) -> None:
        """Keep which phase begins."""
        if isinstance(event, PhaseEntered):
            self.current = phase_name(event)

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        self.stages.append(
            Stage(
                name=self.current,
                network=network,
                data=data,
                phase=replace(phase, pause=_nothing),
                # the publication trained each duration of maintenance from the start
                published_epochs=sum(at) if self.current.endswith("maintenance") else max(at),
                shared_epochs=max(at),
            )
        )
        if not self.current.endswith("maintenance"):
            yield from self.engine.train(network, data, phase, at)
        else:
            for count in sorted(at):
                yield count, network

    def respond(
        self, network: Network, inputs: NDArray[np.float64], modulation: Modulation, noise: Key | None = None
    ) -> FloatArray:
        return np.zeros((network.classes, inputs.shape[1]))

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        return {"hidden.1": 0.0}

    def saliency(
        self, network: Network, data: Split, modulation: Modulation, batches: Sequence[NDArray[np.int64]]
    ) -> dict[str, NDArray[np.float64]]:
        return self.engine.saliency(network, data, modulation, batches)


def _nothing() -> None:
    return None


def stages(protocol: Protocol, seed: int = 0) -> list[Stage]:
    """Every phase of one subject in the order of the tree."""
    recorder = _Recorder(engine("compiled", batch_size=protocol.batch_size))
    walk(protocol, Subject(seed, 0), recorder, recorder.listen)
    return recorder.stages
