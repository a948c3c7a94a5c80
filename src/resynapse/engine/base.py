"""The contract of an engine: the same verbs for every implementation.

`train` runs a phase of epochs under a modulation schedule, `respond` gives class scores under a modulation and noise,
`saliency` sums abs(dL/dw) over batches. `trace`, `spread` and `activity` look inside a pass. `reference` is the
definition, `compiled` the fast twin; `resynapse.engine.conformance` checks any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.modulation import Modulation
from resynapse.networks.base import FloatArray, Network, Trace
from resynapse.randomness import Key, permutation
from resynapse.task import Split

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's constants (article, Methods, training)."""


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPhase:
    """One phase of training with a new Adam optimiser.

    Parameters
    ----------
    schedule : the modulation of each epoch; its length is the number of epochs.
    learning_rate : of Adam, 0 or more.
    batch_size : samples a step; the last batch of an epoch may be smaller.
    key : stream of the phase; batch order and training noise hang below it.
    pause : called after every epoch, for progress and for a clean stop (it may raise).
    """

    schedule: Sequence[Modulation]
    learning_rate: float
    batch_size: int
    key: Key
    pause: Callable[[], None] = field(default=_nothing)

    def order(self, epoch: int, samples: int) -> NDArray[np.int64]:
        """The order in which `epoch` (from 0) visits the training samples."""
        return permutation(self.key.of("batches"), samples, draw=epoch)

    @property
    def noise(self) -> Key:
        """Stream of the training noise; its draw number is the step within the phase."""
        return self.key.of("noise")


def need_stream(modulation: Modulation, noise: Key | None) -> None:
    """Refuse a pass with internal noise that has no stream to draw it from."""
    if modulation.noisy and noise is None:
        raise ValueError("a modulation with noise_sd above 0 needs a noise stream")


def spread_of(seen: Trace) -> dict[str, FloatArray]:
    """By site, the SD over samples, and over steps of time, of each unit's activation in one pass."""
    units = {site: np.moveaxis(a, -2, 0).reshape(a.shape[-2], -1) for site, a in seen.activated.items()}
    return {site: np.std(a - a[:, :1], axis=1) for site, a in units.items()}


def activity_of(seen: Trace) -> dict[str, float]:
    """By site, the mean absolute activity in one pass."""
    return {site: float(np.abs(a).mean()) for site, a in seen.activity.items()}


class Engine(Protocol):
    """The verbs that every engine has, and the precision it keeps weights in."""

    @property
    def name(self) -> str:
        """As the user chooses it."""

    @property
    def dtype(self) -> DTypeLike:
        """Precision of weights and biases."""

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`, 0 allowed, in rising order."""

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples).

        Parameters
        ----------
        inputs : shape (features, samples), or (steps, features, samples) of a task with time.
        noise : the stream of the internal noise; needed where noise_sd is above 0.
        noise_scale : by site, what mean and sd of the noise are multiplied by in each unit, shape (units,), 0 or more;
            None is 1 in all. The normal numbers are those of `noise` whatever the scale.
        """

    def trace(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> Trace:
        """Scores and the activity of every unit by site, in float64: `respond` seen from inside."""

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        """By site, the SD over `inputs` of each unit's activation, shape (units,): where noise is added.

        It is taken after the activation function, before inhibition and gain; `modulation` is without noise. A unit
        that has one value on all inputs has exactly 0, and a unit whose incoming weights and bias are multiplied by a
        power of two has that power of two times its SD, to the last bit (ReLU).
        """

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        """By site, the mean absolute activity; `modulation` is without noise."""

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> dict[str, NDArray[np.float64]]:
        """Of each connection, pruned ones too, the sum over `batches` (arrays of sample indices) of abs(dL/dw)."""
