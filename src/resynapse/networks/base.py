"""The simulated network: weights, biases, masks and scars of a fully connected classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.randomness import Key, uniforms

FloatArray = NDArray[np.floating]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Network:
    """One network, immutable: layer l maps width[l] inputs to width[l + 1] units.

    Parameters
    ----------
    weights : per layer, float array of shape (units, inputs); zero where the mask is off.
    biases : per layer, float array of shape (units,); never masked, always trained.
    masks : per layer, bool array of shape (units, inputs); False is a pruned connection.
    scars : per layer, bool array of shape (units, inputs); True is pruned and never regrown.

    The biology it stands for: a connection is a synapse, a mask its elimination. Source: article, Methods, network.
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    masks: tuple[BoolArray, ...]
    scars: tuple[BoolArray, ...]

    def __post_init__(self) -> None:
        for array in (*self.weights, *self.biases, *self.masks, *self.scars):
            array.setflags(write=False)

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden widths and classes, such as (2, 512, 512, 256, 4)."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def hidden_layers(self) -> int:
        """Number of hidden layers."""
        return len(self.weights) - 1

    @property
    def active(self) -> int:
        """Number of connections whose mask is on."""
        return sum(int(np.count_nonzero(m)) for m in self.masks)

    @property
    def sparsity(self) -> float:
        """Share of all connections that are pruned, in [0, 1]."""
        return 1.0 - self.active / sum(m.size for m in self.masks)

    @property
    def scarred(self) -> float:
        """Share of all positions that are scars, in [0, 1]."""
        return sum(int(np.count_nonzero(s)) for s in self.scars) / sum(s.size for s in self.scars)

    def with_weights(self, weights: Sequence[FloatArray], biases: Sequence[FloatArray] | None = None) -> Network:
        """The same structure with other values."""
        return replace(self, weights=tuple(weights), biases=self.biases if biases is None else tuple(biases))

    def with_masks(self, masks: Sequence[BoolArray]) -> Network:
        """The same network with other masks; weights off the mask become zero."""
        weights = tuple(np.where(m, w, w.dtype.type(0)) for w, m in zip(self.weights, masks, strict=True))
        return replace(self, weights=weights, masks=tuple(masks))

    def astype(self, dtype: DTypeLike) -> Network:
        """The same network with weights and biases in another precision."""
        return self.with_weights([w.astype(dtype) for w in self.weights], [b.astype(dtype) for b in self.biases])


def initialise(key: Key, widths: Sequence[int]) -> Network:
    """A fully connected network with weights and biases uniform in +-1/sqrt(fan_in), float64.

    Parameters
    ----------
    key : the subject's stream for initialisation.
    widths : inputs, hidden widths, classes; at least two entries, all positive.

    Source: article, Methods, network (the usual default of a linear layer).
    """
    weights, biases = [], []
    for layer, (inputs, units) in enumerate(pairwise(widths)):
        bound = inputs**-0.5
        weights.append(bound * (2.0 * uniforms(key.of("weights"), units, inputs, layer=layer) - 1.0))
        biases.append(bound * (2.0 * uniforms(key.of("biases"), units, 1, layer=layer)[:, 0] - 1.0))
    return Network(
        weights=tuple(weights),
        biases=tuple(biases),
        masks=tuple(np.ones(w.shape, dtype=np.bool_) for w in weights),
        scars=tuple(np.zeros(w.shape, dtype=np.bool_) for w in weights),
    )
