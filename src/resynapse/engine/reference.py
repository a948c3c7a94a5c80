"""The reference engine: literal NumPy in float64, slow and obviously right. It is the definition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import BETA1, BETA2, EPSILON, TrainingPhase
from resynapse.modulation import Modulation, activate, hidden_activity, slope
from resynapse.networks.base import FloatArray, Network
from resynapse.randomness import Key, normals
from resynapse.task import Split


class Pass(NamedTuple):
    """One forward pass: per layer what came in, per hidden layer the activation before noise, and the logits."""

    incoming: list[FloatArray]
    activated: list[FloatArray]
    logits: FloatArray


class Gradient(NamedTuple):
    """dL/dw, per layer (units, inputs), and dL/dbias, per layer (units,)."""

    weights: list[FloatArray]
    biases: list[FloatArray]


def forward(
    network: Network,
    inputs: FloatArray,
    modulation: Modulation,
    noise: Key | None = None,
    draw: int = 0,
    noise_scale: Sequence[FloatArray] | None = None,
) -> Pass:
    """Class scores and what backpropagation needs; `draw` numbers the pass within the noise stream."""
    incoming, activated = [inputs], []
    for layer in range(network.hidden_layers):
        here = modulation.of_layer(layer + 1)
        preactivation = network.weights[layer] @ incoming[-1] + network.biases[layer][:, None]
        standard = None
        if modulation.noise_sd > 0:
            if noise is None:
                raise ValueError("a modulation with noise_sd above 0 needs a noise stream")
            standard = normals(noise, *preactivation.shape, layer=layer, draw=draw)
        activated.append(activate(preactivation, here.activation))
        scale = None if noise_scale is None else noise_scale[layer]
        incoming.append(hidden_activity(preactivation, here, standard, scale))
    logits = network.weights[-1] @ incoming[-1] + network.biases[-1][:, None]
    return Pass(incoming, activated, logits)


def cross_entropy(logits: FloatArray, labels: NDArray[np.int64]) -> float:
    """Mean cross-entropy of class scores, shape (classes, samples), in nats."""
    shifted = logits - logits.max(axis=0)
    log_sum = np.log(np.exp(shifted).sum(axis=0))
    return float(np.mean(log_sum - shifted[labels, np.arange(labels.size)]))


def gradient(network: Network, seen: Pass, labels: NDArray[np.int64], modulation: Modulation) -> Gradient:
    """Backpropagation of the mean cross-entropy through one pass."""
    shifted = np.exp(seen.logits - seen.logits.max(axis=0))
    delta = shifted / shifted.sum(axis=0)
    delta[labels, np.arange(labels.size)] -= 1.0
    delta /= labels.size
    weights: list[FloatArray] = []
    biases: list[FloatArray] = []
    for layer in reversed(range(len(network.weights))):
        weights.append(delta @ seen.incoming[layer].T)
        biases.append(delta.sum(axis=1))
        if layer > 0:
            activated = seen.activated[layer - 1]
            before = modulation.of_layer(layer)
            delta = (network.weights[layer].T @ delta) * slope(activated, before.activation)
            delta *= before.scale
    return Gradient(weights[::-1], biases[::-1])


class Adam:
    """Adam over a list of arrays, moments starting at zero (Kingma and Ba 2015, arXiv 1412.6980)."""

    def __init__(self, shapes: Sequence[tuple[int, ...]], learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.first = [np.zeros(s) for s in shapes]
        self.second = [np.zeros(s) for s in shapes]
        self.steps = 0

    def step(self, values: Sequence[FloatArray], gradients: Sequence[FloatArray]) -> list[FloatArray]:
        """The values after one update."""
        self.steps += 1
        correction1 = 1.0 - BETA1**self.steps
        correction2 = 1.0 - BETA2**self.steps
        updated: list[FloatArray] = []
        for i, (value, slope_) in enumerate(zip(values, gradients, strict=True)):
            self.first[i] = BETA1 * self.first[i] + (1.0 - BETA1) * slope_
            self.second[i] = BETA2 * self.second[i] + (1.0 - BETA2) * slope_**2
            denominator = np.sqrt(self.second[i] / correction2) + EPSILON
            updated.append(value - self.learning_rate * (self.first[i] / correction1) / denominator)
        return updated


@dataclass(frozen=True, slots=True)
class ReferenceEngine:
    """Dense float64 arithmetic, no shortcut: what the compiled engine has to agree with."""

    name: str = "reference"
    dtype: type[np.float64] = np.float64

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`."""
        layers = len(network.weights)
        shapes = [a.shape for a in (*network.weights, *network.biases)]
        adam = Adam(shapes, phase.learning_rate)
        step = 0
        for epoch in range(max(at, default=0) + 1):
            if epoch in at:
                yield epoch, network
            if epoch == max(at, default=0):
                return
            modulation = phase.schedule[epoch]
            order = phase.order(epoch, data.labels.size)
            for start in range(0, order.size, phase.batch_size):
                batch = order[start : start + phase.batch_size]
                seen = forward(network, data.inputs[:, batch], modulation, phase.noise, step)
                slopes = gradient(network, seen, data.labels[batch], modulation)
                values = adam.step([*network.weights, *network.biases], [*slopes.weights, *slopes.biases])
                weights = [w * m for w, m in zip(values[:layers], network.masks, strict=True)]
                network = network.with_weights(weights, values[layers:])
                step += 1
            phase.pause()

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Sequence[FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples)."""
        return forward(network, inputs, modulation, noise, noise_scale=noise_scale).logits

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> list[FloatArray]:
        """Per hidden layer, the SD over `inputs` of each unit's activation."""
        return [np.std(a - a[:, :1], axis=1) for a in forward(network, inputs, modulation).activated]

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> float:
        """Mean over the hidden layers of the mean absolute activity."""
        hidden = forward(network, inputs, modulation).incoming[1:]
        return float(np.mean([np.abs(h).mean() for h in hidden]))

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> list[NDArray[np.float64]]:
        """Per layer, the sum over `batches` of abs(dL/dw)."""
        exact = network.astype(np.float64)
        total = [np.zeros(w.shape) for w in exact.weights]
        for batch in batches:
            seen = forward(exact, data.inputs[:, batch], modulation)
            for sum_, slopes in zip(total, gradient(exact, seen, data.labels[batch], modulation).weights, strict=True):
                sum_ += np.abs(slopes)
        return total
