"""Folding: a training step that does for a class what is the same for all of its samples.

Inputs have few features and classes are few, so within one class nearly every hidden unit is on for all samples or off
for all. Then the products with the first hidden layer have the rank of the inputs, those of the last hidden layer's
deltas have the rank of the outputs, and only the (unit, sample) pairs that differ from their class's majority are added
one by one. Nothing is left out: the sums are those of `resynapse.engine.reference`, in another order.

`fold` describes the rearranged network; `kernels/fold_*.py` train it. design/folding.md has the arithmetic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.compaction import DENSE_FROM, reaching
from resynapse.engine.compiled.placement import PADDING, IntArray, Placement
from resynapse.networks.base import Network
from resynapse.networks.perceptron import widths as layer_widths
from resynapse.task import Split

MOST_FEATURES, MOST_CLASSES = 2, 4
"""Above these the ranks are no longer small against a class's share of a batch. The kernels have four terms throughout:
two features, a one and the stabiliser's shift on the side of the inputs, four classes on the side of the outputs."""
MOST_MIXED = 0.2
"""Share of (unit, sample) pairs against their class's majority up to which folding is faster (design/folding.md)."""
LOOKED_AT = 1024
"""Samples that `mixed` looks at."""
VECTOR = 16
"""The second hidden layer is padded to a multiple of this, so that loops over it have no remainder."""


class Folded(NamedTuple):
    """A network with three hidden layers as the folding kernels see it: sizes, offsets into one parameter vector, mask.

    Blocks in this order: first weights (varying, features), first biases, biases of constant units, second biases,
    third biases, output weights (third, 4), output biases (4); then second weights by INPUT unit (varying and
    constant, second) and third weights (third, second).
    """

    features: int
    classes: int
    varying: int
    """Units of the first hidden layer that have an input."""
    constants: int
    """Units of the first hidden layer without inputs: they are constants."""
    second: int
    """Units of the second hidden layer, with padding."""
    third: int
    first_bias_at: int
    constant_bias_at: int
    second_bias_at: int
    third_bias_at: int
    output_at: int
    output_bias_at: int
    second_at: int
    third_at: int
    mask: NDArray[np.uint8]
    """1 or 0 for each parameter: 0 for pruned positions and padding."""


class Fold(NamedTuple):
    """A folded network and where its parameters stand in the full one."""

    structure: Folded
    placement: Placement


def fold(network: Network, data: Split) -> Fold | None:
    """The rearranged network, or None where folding does not apply.

    It applies to three hidden layers, at most 2 features and 4 classes, products that are dense enough, and classes
    within which the first layer's units agree.
    """
    masks, widths = list(network.masks.values()), layer_widths(network)
    if len(masks) != 4 or widths[0] > MOST_FEATURES or widths[-1] > MOST_CLASSES:
        return None
    first, second, third = (np.flatnonzero(r) for r in reaching(masks))
    fed = masks[0][first].any(axis=1)
    varying, constant = first[fed], first[~fed]
    if not (varying.size and second.size and third.size):
        return None
    if mixed(network, data, varying) > MOST_MIXED:
        return None
    between = masks[1][np.ix_(second, varying)]
    above = masks[2][np.ix_(third, second)]
    if min(np.count_nonzero(m) / m.size for m in (between, above)) < DENSE_FROM:
        return None
    outputs = _padded(np.arange(widths[-1]), MOST_CLASSES)
    padded = _padded(second, VECTOR)
    weights = _Blocks(network)
    at = [
        weights.matrix(0, varying, np.arange(widths[0])),
        weights.biases(0, varying),
        weights.biases(0, constant),
        weights.biases(1, padded),
        weights.biases(2, third),
        weights.matrix(3, outputs, third, by_input=True),
        weights.biases(3, outputs),
        weights.matrix(1, padded, np.concatenate([varying, constant]), by_input=True),
        weights.matrix(2, third, padded),
    ]
    structure = Folded(
        features=widths[0],
        classes=widths[-1],
        varying=varying.size,
        constants=constant.size,
        second=padded.size,
        third=third.size,
        first_bias_at=at[1],
        constant_bias_at=at[2],
        second_bias_at=at[3],
        third_bias_at=at[4],
        output_at=at[5],
        output_bias_at=at[6],
        second_at=at[7],
        third_at=at[8],
        mask=np.concatenate(weights.mask).astype(np.uint8),
    )
    return Fold(structure, Placement(np.concatenate(weights.weight_at), np.concatenate(weights.bias_at)))


def mixed(network: Network, data: Split, units: IntArray) -> float:
    """Share of (unit, sample) pairs of the first layer that are on against a majority that is off, or the reverse."""
    inputs, labels = data.inputs[:, :LOOKED_AT], data.labels[:LOOKED_AT]
    on = network.weights[0][units] @ inputs + network.biases[0][units, None] > 0
    share = 0.0
    for label in np.unique(labels):
        mostly = on[:, labels == label].mean(axis=1)
        share += float(np.minimum(mostly, 1 - mostly).mean() * np.mean(labels == label))
    return share


def _padded(units: IntArray, to: int) -> IntArray:
    """The units, with padding up to a multiple of `to`."""
    padded = np.full(-(-units.size // to) * to, PADDING)
    padded[: units.size] = units
    return padded


class _Blocks:
    """Lays the parameter vector out, block after block."""

    def __init__(self, network: Network) -> None:
        self.masks = list(network.masks.values())
        self.weight_base = np.cumsum([0, *(m.size for m in self.masks)])
        self.bias_base = np.cumsum([0, *(b.size for b in network.biases)])
        self.size = 0
        self.weight_at: list[IntArray] = []
        self.bias_at: list[IntArray] = []
        self.mask: list[NDArray[np.bool_]] = []

    def matrix(self, layer: int, rows: IntArray, columns: IntArray, *, by_input: bool = False) -> int:
        """Append weights of some rows and columns (of all inputs of one output, or with `by_input` the reverse)."""
        mask = self.masks[layer]
        row, column = np.meshgrid(rows, columns, indexing="ij")
        if by_input:
            row, column = row.T, column.T
        real = ((row != PADDING) & (column != PADDING)).ravel()
        place = (self.weight_base[layer] + row * mask.shape[1] + column).ravel()
        live = real.copy()
        live[real] = mask.ravel()[(row * mask.shape[1] + column).ravel()[real]]
        return self._append(np.where(real, place, PADDING), np.full(real.size, PADDING), live)

    def biases(self, layer: int, units: IntArray) -> int:
        """Append the biases of some units."""
        real = units != PADDING
        return self._append(np.full(units.size, PADDING), np.where(real, self.bias_base[layer] + units, PADDING), real)

    def _append(self, weight_at: IntArray, bias_at: IntArray, mask: NDArray[np.bool_]) -> int:
        begin = self.size
        self.weight_at.append(weight_at)
        self.bias_at.append(bias_at)
        self.mask.append(mask)
        self.size += weight_at.size
        return begin
