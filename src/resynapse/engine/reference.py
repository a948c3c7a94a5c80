"""The reference engine: literal NumPy in float64, slow and obviously right. It is the definition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import BETA1, BETA2, EPSILON, TrainingPhase, activity_of, spread_of
from resynapse.modulation import Modulation
from resynapse.networks.base import FloatArray, Network, Noise, Trace
from resynapse.randomness import Key
from resynapse.task import Split
from resynapse.task.losses import part_of, slopes


def forward(
    network: Network,
    inputs: FloatArray,
    modulation: Modulation,
    noise: Key | None = None,
    draw: int = 0,
    noise_scale: Mapping[str, FloatArray] | None = None,
) -> Trace:
    """One pass of the network's architecture; `draw` numbers the pass within the noise stream."""
    return network.architecture.forward(network, inputs, modulation, Noise(noise, draw, noise_scale or {}))


def gradient(network: Network, seen: Trace, batch: Split, modulation: Modulation) -> dict[str, FloatArray]:
    """Gradient of the loss of one pass over `batch`, by the name of each value of the network."""
    return network.architecture.backward(network, seen, slopes(seen.scores, batch), modulation)


class Adam:
    """Adam over named arrays, moments starting at zero (Kingma and Ba 2015, arXiv 1412.6980)."""

    def __init__(self, values: Mapping[str, FloatArray], learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.first = {name: np.zeros(value.shape) for name, value in values.items()}
        self.second = {name: np.zeros(value.shape) for name, value in values.items()}
        self.steps = 0

    def step(self, values: Mapping[str, FloatArray], gradients: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """The values after one update."""
        self.steps += 1
        correction1 = 1.0 - BETA1**self.steps
        correction2 = 1.0 - BETA2**self.steps
        updated: dict[str, FloatArray] = {}
        for name, value in values.items():
            slope = gradients[name]
            self.first[name] = BETA1 * self.first[name] + (1.0 - BETA1) * slope
            self.second[name] = BETA2 * self.second[name] + (1.0 - BETA2) * slope**2
            denominator = np.sqrt(self.second[name] / correction2) + EPSILON
            updated[name] = value - self.learning_rate * (self.first[name] / correction1) / denominator
        return updated


@dataclass(frozen=True, slots=True)
class ReferenceEngine:
    """Dense float64 arithmetic, no shortcut: what every other engine has to agree with."""

    name: str = "reference"
    dtype: type[np.float64] = np.float64

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`."""
        adam = Adam(network.values, phase.learning_rate)
        step = 0
        for epoch in range(max(at, default=0) + 1):
            if epoch in at:
                yield epoch, network
            if epoch == max(at, default=0):
                return
            modulation = phase.schedule[epoch]
            order = phase.order(epoch, data.labels.size)
            for start in range(0, order.size, phase.batch_size):
                batch = part_of(data, order[start : start + phase.batch_size])
                seen = forward(network, batch.inputs, modulation, phase.noise, step)
                values = adam.step(network.values, gradient(network, seen, batch, modulation))
                network = network.with_values({**values, **{n: values[n] * m for n, m in network.masks.items()}})
                step += 1
            phase.pause()

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples)."""
        return self.trace(network, inputs, modulation, noise, noise_scale).scores

    def trace(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> Trace:
        """Scores and the activity of every unit by site."""
        return forward(network, inputs, modulation, noise, noise_scale=noise_scale)

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        """By site, the SD over `inputs`, and over steps of time, of each unit's activation."""
        return spread_of(self.trace(network, inputs, modulation))

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        """By site, the mean absolute activity."""
        return activity_of(self.trace(network, inputs, modulation))

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> dict[str, NDArray[np.float64]]:
        """Of each connection, the sum over `batches` of abs(dL/dw)."""
        exact = network.astype(np.float64)
        total = {name: np.zeros(mask.shape) for name, mask in exact.masks.items()}
        for chosen in batches:
            batch = part_of(data, chosen)
            found = gradient(exact, forward(exact, batch.inputs, modulation), batch, modulation)
            for name, sum_ in total.items():
                sum_ += np.abs(found[name])
        return total
