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

from resynapse.engine.compiled.compaction import reaching
from resynapse.engine.compiled.placement import PADDING, IntArray, Placement
from resynapse.modulation import NEUTRAL, Modulation, transmitted
from resynapse.networks.base import Network
from resynapse.networks.perceptron import widths as layer_widths
from resynapse.task import Split

HIDDEN_LAYERS = 3
"""The folding kernels are written for these many."""
MOST_FEATURES, MOST_CLASSES = 2, 4
"""Above these the ranks are no longer small against a class's share of a batch. The kernels have four terms throughout:
two features, a one and the stabiliser's shift on the side of the inputs, four classes on the side of the outputs."""
FOLDED_FROM = 0.25
"""Density of both large layers from which folding beats sparse rows."""
MOST_MIXED = 0.15
"""Share of (unit, sample) pairs against their class's majority up to which folding is faster (design/folding.md)."""
LOOKED_AT = 1024
"""Samples that `mixed` looks at."""
SECOND_BY, THIRD_BY = 64, 32
"""The second and the third hidden layer are padded to multiples of these, so that loops over them have no remainder."""
LINE = 16
"""Parameters in a line of the cache."""
SELDOM = 1 / 64
"""Share of a class's samples up to which a unit that is on counts as off where units are sorted."""


class Folded(NamedTuple):
    """A network with three hidden layers as the folding kernels see it: sizes, offsets into one parameter vector, mask.

    Blocks in this order: first weights (varying, features), first biases, biases of constant units, second biases,
    third biases, output weights (third, 4), output biases (4); then second weights by INPUT unit (varying, constant
    and one row for the silent, second) and third weights (third, second).

    A silent unit is a constant that is off: no gradient reaches its bias, so it stays off, and what it passes on is the
    stabiliser's shift, the same for all silent units. So all its live weights to one unit move by the same amount at
    every step; the row of the silent is this movement from where the phase began.
    """

    features: int
    classes: int
    varying: int
    """Units of the first hidden layer that have an input."""
    constants: int
    """Units of the first hidden layer without inputs that are on: they are constants."""
    second: int
    """Units of the second hidden layer, with padding, sorted by the classes in which they are on."""
    third: int
    """Units of the third hidden layer, with padding."""
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
    silent_weights: NDArray[np.float32]
    """Of each second unit, the sum of its weights from silent units as the phase begins."""
    silent_count: NDArray[np.float32]
    """Of each second unit, how many silent units feed it."""


class Fold(NamedTuple):
    """A folded network and where its parameters stand in the full one."""

    structure: Folded
    placement: Placement


def fold(network: Network, data: Split, modulation: Modulation = NEUTRAL) -> Fold | None:
    """The rearranged network, or None where folding does not apply.

    It applies to three hidden layers, at most 2 features and 4 classes, products that are dense enough, and classes
    within which the first layer's units agree.

    Parameters
    ----------
    modulation : under which units are sorted; it changes the order of sums and nothing else.
    """
    masks, widths = list(network.masks.values()), layer_widths(network)
    if len(masks) != HIDDEN_LAYERS + 1 or widths[0] > MOST_FEATURES or widths[-1] > MOST_CLASSES:
        return None
    first, second, third = (np.flatnonzero(r) for r in reaching(masks))
    fed = masks[0][first].any(axis=1)
    varying, unfed = first[fed], first[~fed]
    on = network.biases[0][unfed].astype(np.float32) > 0
    constant, silent = unfed[on], unfed[~on]
    if not (varying.size and second.size and third.size):
        return None
    if mixed(network, data, varying) > MOST_MIXED:
        return None
    between = masks[1][np.ix_(second, varying)]
    above = masks[2][np.ix_(third, second)]
    if min(np.count_nonzero(m) / m.size for m in (between, above)) < FOLDED_FROM:
        return None
    outputs = _padded(np.arange(widths[-1]), MOST_CLASSES)
    padded = _padded(second[_by_classes(network, data, modulation, second)], SECOND_BY)
    above_padded = _padded(third, THIRD_BY)
    weights = _Blocks(network)
    at = [
        weights.matrix(0, varying, np.arange(widths[0])),
        weights.biases(0, varying),
        weights.biases(0, constant),
        weights.biases(1, padded),
        weights.biases(2, above_padded),
        weights.matrix(3, outputs, above_padded, by_input=True),
        weights.biases(3, outputs),
        weights.to_line(),
        weights.matrix(1, padded, np.concatenate([varying, constant]), by_input=True),
        weights.silent(1, padded, silent),
        weights.matrix(2, above_padded, padded),
    ]
    structure = Folded(
        features=widths[0],
        classes=widths[-1],
        varying=varying.size,
        constants=constant.size,
        second=padded.size,
        third=above_padded.size,
        first_bias_at=at[1],
        constant_bias_at=at[2],
        second_bias_at=at[3],
        third_bias_at=at[4],
        output_at=at[5],
        output_bias_at=at[6],
        second_at=at[8],
        third_at=at[10],
        mask=np.concatenate(weights.mask).astype(np.uint8),
        silent_weights=weights.silent_weights.astype(np.float32),
        silent_count=weights.silent_count.astype(np.float32),
    )
    placement = Placement(
        np.concatenate(weights.weight_at),
        np.concatenate(weights.bias_at),
        moving=weights.moving,
        moved_at=weights.moved_at,
    )
    return Fold(structure, placement)


def _by_classes(network: Network, data: Split, modulation: Modulation, units: IntArray) -> IntArray:
    """The order of units of the second layer by the set of classes in which they are on."""
    inputs, labels = data.inputs[:, :LOOKED_AT], data.labels[:LOOKED_AT]
    acting = modulation.at(next(iter(network.architecture.sites)))
    hidden = transmitted(np.maximum(network.weights[0] @ inputs + network.biases[0][:, None], 0.0), acting)
    on = network.weights[1][units] @ hidden + network.biases[1][units, None] > 0
    pattern = np.zeros(units.size, np.int64)
    for label in np.unique(labels):
        pattern += (on[:, labels == label].mean(axis=1) > SELDOM) << label
    return np.argsort(pattern, kind="stable")


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
        self.network = network
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

    def to_line(self) -> int:
        """Append padding, so that the next block begins on a line of the cache."""
        none = np.full(-self.size % LINE, PADDING)
        return self._append(none, none, none != PADDING)

    def silent(self, layer: int, rows: IntArray, columns: IntArray) -> int:
        """Append the row of the silent: it has no place, and its values are added to all their live weights."""
        mask, weights = self.masks[layer], self.network.weights[layer]
        real = np.flatnonzero(rows != PADDING)
        live = mask[np.ix_(rows[real], columns)]
        row, column = np.nonzero(live)
        self.moving = self.size + real[row]
        self.moved_at = self.weight_base[layer] + rows[real[row]] * mask.shape[1] + columns[column]
        self.silent_count, self.silent_weights = np.zeros(rows.size), np.zeros(rows.size)
        self.silent_count[real] = live.sum(axis=1)
        self.silent_weights[real] = (weights[np.ix_(rows[real], columns)] * live).sum(axis=1, dtype=np.float64)
        none = np.full(rows.size, PADDING)
        return self._append(none, none, self.silent_count > 0)

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
