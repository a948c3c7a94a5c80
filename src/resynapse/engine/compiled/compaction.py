"""Exact compaction: the smaller network that computes the same, and the way back.

What cannot matter is left out, exactly:

- a hidden unit that reaches no output gets no gradient, so nothing of it ever changes;
- a hidden unit without an active input is a constant as long as there is no noise: it acts through sums over the batch;
- a masked weight's optimiser state never touches a live weight, so sparse layers keep their live weights alone.

The transformation is pure: `compact` describes it, a `Placement` carries values to and fro.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.placement import PADDING, IntArray, Placement
from resynapse.networks.base import BoolArray, Network

DENSE_FROM = 0.36
"""Density of a compacted layer from which dense products beat sparse rows (design/compaction.md)."""


class Structure(NamedTuple):
    """The compacted network as the kernels see it: flat arrays and offsets, one entry per weight layer.

    Every value lives in one parameter vector. Layer i has a block of weights between varying units (dense, or its
    live weights row by row), a block of live weights from constant units, and biases. Unit counts: `rows` varying
    outputs, `columns` varying inputs, `constants` constant inputs.
    """

    rows: IntArray
    columns: IntArray
    constants: IntArray
    dense: BoolArray
    varying_at: IntArray
    """Parameter offset of the block between varying units; one entry more than layers, the number of parameters."""
    bias_at: IntArray
    """Parameter offset of the biases of the layer's varying outputs."""
    constant_bias_at: IntArray
    """Parameter offset of the biases of the layer's constant inputs."""
    row_at: IntArray
    """Offset into `row_start` (and `constant_start`) of the layer's first row."""
    row_start: IntArray
    """Parameter range of each sparse row between varying units; empty ranges in dense layers."""
    constant_start: IntArray
    """Parameter range of each row's weights from constant units."""
    column: NDArray[np.uint32]
    """Input unit of each sparse parameter, counted within its block; unsigned, as kernels index by it."""
    transposed_at: IntArray
    """Offset into `transposed_start` of the layer's first column."""
    transposed_start: IntArray
    """Range, for each varying input, in the two arrays that follow."""
    transposed_row: NDArray[np.uint32]
    transposed_parameter: NDArray[np.uint32]
    unit: IntArray
    """Number in the full layer of each varying hidden unit, layer after layer (it addresses the noise)."""
    hidden_at: IntArray
    """Offset of each hidden layer's varying units in `unit`."""
    constant_at: IntArray
    """Offset of each layer's constant inputs among all constants."""
    mask: NDArray[np.uint8]
    """1 or 0 for each parameter: 0 for the pruned positions of dense blocks."""


class Compact(NamedTuple):
    """A structure, for the kernels, and where each of its parameters stands in the full network."""

    structure: Structure
    placement: Placement


def reaching(masks: Sequence[BoolArray]) -> list[BoolArray]:
    """Per hidden layer, which units have an active path to an output."""
    last: BoolArray = np.asarray(masks[-1].any(axis=0))
    reach = [last]
    for mask in masks[-2:0:-1]:
        last = np.asarray((mask & last[:, None]).any(axis=0))
        reach.append(last)
    return reach[::-1]


class _Last(threading.local):
    """What this thread compacted last: one state is assessed many times, and maintenance changes no mask."""

    masks: Mapping[str, BoolArray] | None = None
    network: Network | None = None

    def __init__(self) -> None:
        self.ways: dict[tuple[bool, bool], Compact] = {}
        self.gathered: dict[int, NDArray[np.float32]] = {}


_last = _Last()


def compact(network: Network, *, noisy: bool | Sequence[BoolArray], keep_all: bool = False) -> Compact:
    """Leave out what cannot matter; networks that share their masks share the outcome.

    Parameters
    ----------
    noisy : hidden units receive noise, so a unit without inputs is no constant: all of them, none, or per hidden layer
        those that do.
    keep_all : keep units that reach no output (where their activity itself is measured).
    """
    if not isinstance(noisy, bool):
        return _compact(network, noisy, keep_all)
    if _last.masks is not network.masks:
        _last.masks, _last.ways = network.masks, {}
        _last.network, _last.gathered = None, {}
    way = (noisy, keep_all)
    if way not in _last.ways:
        everywhere = [np.full(units, noisy) for units in network.architecture.sites.values()]
        _last.ways[way] = _compact(network, everywhere, keep_all)
    return _last.ways[way]


def parameters_of(network: Network, small: Compact) -> NDArray[np.float32]:
    """The network's parameter vector, read-only: gathered once for all assessments of one state."""
    if not any(small is kept for kept in _last.ways.values()):
        return small.placement.gather(network)
    if _last.network is not network:
        _last.network, _last.gathered = network, {}
    place = id(small)  # it is kept, so that no other has its identity
    if place not in _last.gathered:
        _last.gathered[place] = small.placement.gather(network)
    return _last.gathered[place]


def _compact(network: Network, noise: Sequence[BoolArray], keep_all: bool) -> Compact:
    masks = list(network.masks.values())
    layers = len(masks)
    reach = [np.ones(m.shape[1], dtype=np.bool_) for m in masks[1:]] if keep_all else reaching(masks)
    fed = [np.asarray(m.any(axis=1)) | n for m, n in zip(masks[:-1], noise, strict=True)]
    varying = [
        np.arange(masks[0].shape[1]),
        *(np.flatnonzero(r & f) for r, f in zip(reach, fed, strict=True)),
        np.arange(network.classes),
    ]
    constant = [
        np.arange(0),
        *(np.flatnonzero(r & ~f) for r, f in zip(reach, fed, strict=True)),
    ]
    return _Layout(network).build(varying, constant, layers)


class _Layout:
    """Lays the parameter vector out, block after block."""

    def __init__(self, network: Network) -> None:
        self.masks = list(network.masks.values())
        self.weight_base = np.cumsum([0, *(m.size for m in self.masks)])
        self.bias_base = np.cumsum([0, *(b.size for b in network.biases)])
        self.size = 0
        self.weight_at: list[IntArray] = []
        self.bias_at: list[IntArray] = []
        self.column: list[IntArray] = []
        self.mask: list[BoolArray] = []

    def build(self, varying: list[IntArray], constant: list[IntArray], layers: int) -> Compact:
        at: dict[str, list[int]] = {"varying": [], "bias": [], "constant_bias": []}
        dense: list[bool] = []
        row_start, constant_start, transposed_start = [], [], []
        transposed_row, transposed_parameter = [], []
        entries = 0
        for i in range(layers):
            rows, columns = varying[i + 1], varying[i]
            live = self.masks[i][np.ix_(rows, columns)]
            is_dense = bool(np.count_nonzero(live) > DENSE_FROM * live.size)
            dense.append(is_dense)
            at["varying"].append(self.size)
            if is_dense:
                self._weights(i, rows.repeat(columns.size), np.tile(columns, rows.size), live.ravel())
                row_start.append(np.zeros(rows.size + 1, dtype=np.int64))
                transposed_start.append(np.zeros(columns.size + 1, dtype=np.int64))
            else:
                start, row, column = self._sparse(i, rows, columns, live)
                row_start.append(start)
                by_column = np.argsort(column, kind="stable")
                counts = np.bincount(column, minlength=columns.size)
                transposed_start.append(entries + _offsets(counts))
                transposed_row.append(row[by_column])
                transposed_parameter.append(start[0] + by_column)
                entries += row.size
            fixed = self.masks[i][np.ix_(rows, constant[i])]
            constant_start.append(self._sparse(i, rows, constant[i], fixed)[0])
            at["bias"].append(self.size)
            self._biases(i, rows)
            at["constant_bias"].append(self.size)
            if i > 0:
                self._biases(i - 1, constant[i])
        at["varying"].append(self.size)
        structure = Structure(
            rows=np.array([v.size for v in varying[1:]]),
            columns=np.array([v.size for v in varying[:-1]]),
            constants=np.array([c.size for c in constant]),
            dense=np.array(dense),
            varying_at=np.array(at["varying"]),
            bias_at=np.array(at["bias"]),
            constant_bias_at=np.array(at["constant_bias"]),
            row_at=_offsets([v.size + 1 for v in varying[1:]]),
            row_start=np.concatenate(row_start),
            constant_start=np.concatenate(constant_start),
            column=np.concatenate(self.column).astype(np.uint32),
            transposed_at=_offsets([v.size + 1 for v in varying[:-1]]),
            transposed_start=np.concatenate(transposed_start),
            transposed_row=_joined(transposed_row).astype(np.uint32),
            transposed_parameter=_joined(transposed_parameter).astype(np.uint32),
            unit=_joined(varying[1:-1]),
            hidden_at=_offsets([v.size for v in varying[1:-1]]),
            constant_at=_offsets([c.size for c in constant]),
            mask=np.concatenate(self.mask).astype(np.uint8),
        )
        return Compact(structure, Placement(np.concatenate(self.weight_at), np.concatenate(self.bias_at)))

    def _sparse(
        self, layer: int, rows: IntArray, columns: IntArray, live: BoolArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Append the live weights row by row; their parameter ranges, rows and columns."""
        row, column = np.nonzero(live)
        start = self.size + _offsets(np.count_nonzero(live, axis=1))
        self._weights(layer, rows[row], columns[column], np.ones(row.size, np.bool_), column)
        return start, row, column

    def _weights(
        self,
        layer: int,
        rows: IntArray,
        columns: IntArray,
        live: BoolArray,
        column: IntArray | None = None,
    ) -> None:
        width = self.masks[layer].shape[1]
        self._append(
            self.weight_base[layer] + rows * width + columns,
            np.full(rows.size, PADDING),
            np.zeros(rows.size, np.int64) if column is None else column,
            live,
        )

    def _biases(self, layer: int, units: IntArray) -> None:
        none = np.full(units.size, PADDING)
        live = np.ones(units.size, np.bool_)
        self._append(none, self.bias_base[layer] + units, np.zeros(units.size, np.int64), live)

    def _append(self, weight_at: IntArray, bias_at: IntArray, column: IntArray, mask: BoolArray) -> None:
        self.weight_at.append(weight_at)
        self.bias_at.append(bias_at)
        self.column.append(column)
        self.mask.append(mask)
        self.size += weight_at.size


def _offsets(counts: list[int] | IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _joined(parts: list[IntArray]) -> IntArray:
    return np.concatenate([np.arange(0), *parts]).astype(np.int64)
