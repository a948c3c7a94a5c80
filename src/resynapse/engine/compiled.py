"""The compiled engine: the reference's verbs in float32 on the compacted network, with Numba kernels.

It holds no GIL inside a kernel and expects single-threaded BLAS, so a core works on one subject.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import TrainingPhase
from resynapse.engine.compaction import compact
from resynapse.engine.kernels.activation import CODES
from resynapse.engine.kernels.evaluation import activities, scores
from resynapse.engine.kernels.passes import Modulations, workspace
from resynapse.engine.kernels.training import train_epoch
from resynapse.engine.reference import ReferenceEngine
from resynapse.modulation import Modulation
from resynapse.network import FloatArray, Network
from resynapse.randomness import Key
from resynapse.task import Split

_NO_NOISE = (np.uint32(0), np.uint32(0))


@dataclass(frozen=True, slots=True)
class CompiledEngine:
    """Numba kernels, float32; agrees with `ReferenceEngine` (tests/engine/test_agreement.py)."""

    name: str = "compiled"
    dtype: type[np.float32] = np.float32

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`."""
        last = max(at, default=0)
        noisy = any(m.noise_sd > 0 for m in phase.schedule[:last])
        small = compact(network, noisy=noisy)
        parameters = small.gather(network)
        first, second = np.zeros_like(parameters), np.zeros_like(parameters)
        gradient = np.zeros_like(parameters)
        work = workspace(small.structure)
        inputs = data.inputs.astype(np.float32)
        key = _words(phase.noise)
        steps = 0
        for epoch in range(last + 1):
            if epoch in at:
                yield epoch, small.scatter(parameters, network)
            if epoch == last:
                return
            steps = train_epoch(
                small.structure,
                parameters,
                first,
                second,
                gradient,
                inputs,
                data.labels,
                phase.order(epoch, data.labels.size),
                phase.batch_size,
                _modulations(phase.schedule[epoch], network.hidden_layers),
                phase.learning_rate,
                steps,
                *key,
                work,
            )
            phase.pause()

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
    ) -> FloatArray:
        """Class scores, float32 of shape (classes, samples)."""
        noisy = modulation.noise_sd > 0
        if noisy and noise is None:
            raise ValueError("a modulation with noise_sd above 0 needs a noise stream")
        small = compact(network, noisy=noisy)
        out = np.empty((network.widths[-1], inputs.shape[1]), dtype=np.float32)
        scores(
            small.structure,
            small.gather(network),
            inputs.astype(np.float32),
            _modulations(modulation, network.hidden_layers),
            *(_NO_NOISE if noise is None else _words(noise)),
            workspace(small.structure),
            out,
        )
        return out

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> float:
        """Mean over the hidden layers of the mean absolute activity, every unit counted."""
        small = compact(network, noisy=False, keep_all=True)
        sums = activities(
            small.structure,
            small.gather(network),
            inputs.astype(np.float32),
            _modulations(modulation, network.hidden_layers),
            workspace(small.structure),
        )
        units = np.array(network.widths[1:-1])
        return float(np.mean(sums / (units * inputs.shape[1])))

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> list[NDArray[np.float64]]:
        """Per layer, the sum over `batches` of abs(dL/dw): in float64, so that both engines choose the same."""
        return ReferenceEngine().saliency(network, data, modulation, batches)


def _words(key: Key) -> tuple[np.uint32, np.uint32]:
    return np.uint32(key.philox_key & 0xFFFFFFFF), np.uint32(key.philox_key >> 32)


def _modulations(modulation: Modulation, hidden_layers: int) -> Modulations:
    each = [modulation.of_layer(layer) for layer in range(1, hidden_layers + 1)]

    def of(values: Iterable[float]) -> NDArray[np.float32]:
        return np.fromiter(values, dtype=np.float32, count=hidden_layers)

    return Modulations(
        activation=np.array([CODES[m.activation] for m in each], dtype=np.int64),
        scale=of(m.scale for m in each),
        offset=of(m.noise_offset for m in each),
        noise_sd=of(m.noise_sd for m in each),
        shift=of(m.shift for m in each),
    )
