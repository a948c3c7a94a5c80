"""Where the parameters of a rearranged network stand in the full one: values carried to and fro."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from resynapse.networks.base import FloatArray, Network

IntArray = NDArray[np.int64]
PADDING = -1
"""Place of a parameter that stands nowhere: it is 0 and stays 0."""


def _none() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Placement:
    """The place in the full network of each parameter of a parameter vector.

    Parameters
    ----------
    weight_at, bias_at : position in the flattened weights (biases) of the full network, or -1, per parameter. A
        parameter that has neither is padding.
    moving, moved_at : pairs of a parameter and a position in the flattened weights: the parameter is added to what the
        weight was.
    """

    weight_at: IntArray
    bias_at: IntArray
    moving: IntArray = field(default_factory=_none)
    moved_at: IntArray = field(default_factory=_none)

    def gather(self, network: Network) -> NDArray[np.float32]:
        """The parameter vector of `network`, float32."""
        values = np.zeros(self.weight_at.size)
        for at, parts in ((self.weight_at, network.weights), (self.bias_at, network.biases)):
            here = at != PADDING
            values[here] = _flat(parts)[at[here]]
        return values.astype(np.float32)

    def scatter(self, parameters: NDArray[np.float32], network: Network) -> Network:
        """`network` with the parameters put back; what was left out stays as it was."""
        changed = []
        moved = [(self.moving, self.moved_at), (_none(), _none())]
        places = (self.weight_at, self.bias_at)
        for at, parts, (moving, moved_at) in zip(places, (network.weights, network.biases), moved, strict=True):
            here = at != PADDING
            flat = _flat(parts)
            flat[at[here]] = parameters[here]
            flat[moved_at] += parameters[moving]
            changed.append(_split(flat, parts))
        return network.with_weights(*changed)


def _flat(parts: tuple[FloatArray, ...]) -> FloatArray:
    return np.concatenate([p.ravel() for p in parts])


def _split(flat: FloatArray, like: tuple[FloatArray, ...]) -> list[FloatArray]:
    parts = np.split(flat, np.cumsum([a.size for a in like])[:-1])
    return [p.reshape(a.shape) for p, a in zip(parts, like, strict=True)]
