"""How many multiply-adds a training step needs, exactly, from the structure that the compiled engine works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resynapse.engine.compiled.compaction import Structure, compact
from resynapse.networks.base import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Multiply-adds of the products of a training step: for each sample, and once a step.

    Parameters
    ----------
    per_sample : forward, backward to weights, and backward to inputs (not in the first layer), between varying units.
    per_step : the same three products of weights from constant units, which act through sums over the batch.
    """

    per_sample: int
    per_step: int

    def step(self, samples: float) -> float:
        """Multiply-adds of a step of so many samples (a mean is allowed)."""
        return self.per_sample * samples + self.per_step


def live_work(network: Network, *, noisy: bool) -> Work:
    """What the live connections of `network` need: the protocol's own work, whatever an engine does."""
    structure = compact(network, noisy=noisy).structure
    return _work([_live(structure, i) for i in range(structure.rows.size)], structure)


def live_dense_work(network: Network, *, noisy: bool) -> Work:
    """The same, with full blocks of live units where the engine takes a layer as dense."""
    structure = compact(network, noisy=noisy).structure
    return _work(
        [
            int(structure.rows[i] * structure.columns[i]) if structure.dense[i] else _live(structure, i)
            for i in range(structure.rows.size)
        ],
        structure,
    )


def full_work(network: Network) -> Work:
    """What dense layers of full width need, as in the plain loop."""
    return Work(per_sample=_products([w.size for w in network.weights]), per_step=0)


def _work(varying: list[int], structure: Structure) -> Work:
    constant = [_range(structure.constant_start, structure, i) for i in range(structure.rows.size)]
    return Work(per_sample=_products(varying), per_step=_products(constant))


def _products(weights: list[int]) -> int:
    """Three products over the weights of each layer, two over those of the first."""
    return 3 * sum(weights) - weights[0]


def _live(structure: Structure, layer: int) -> int:
    """Live weights of a layer between varying units."""
    if not structure.dense[layer]:
        return _range(structure.row_start, structure, layer)
    first = structure.varying_at[layer]
    return int(np.count_nonzero(structure.mask[first : first + structure.rows[layer] * structure.columns[layer]]))


def _range(starts: np.ndarray, structure: Structure, layer: int) -> int:
    """Parameters between the first row's start and the last row's end."""
    begin = structure.row_at[layer]
    return int(starts[begin + structure.rows[layer]] - starts[begin])
