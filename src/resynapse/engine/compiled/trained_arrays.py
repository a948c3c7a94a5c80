"""The arrays of a recurrent network as its kernels hold them, and how they return to the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import BETA1, BETA2
from resynapse.engine.compiled.kernels.lanes import LANES, zeros
from resynapse.engine.compiled.kernels.matrices import Matrix, arrange
from resynapse.engine.compiled.kernels.optimiser import Step
from resynapse.engine.compiled.kernels.sequences import adam
from resynapse.networks.base import FloatArray, Network

DENSE_FROM = 0.28
"""Density from which a matrix is dense (design/recurrent-kernels.md)."""


def padded(units: int) -> int:
    """The next multiple of 16."""
    return -(-units // LANES) * LANES


@dataclass(frozen=True, slots=True)
class _Bias:
    """Values that are never pruned, and what Adam keeps of them."""

    values: NDArray[np.float32]
    mask: NDArray[np.uint8]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    gradient: NDArray[np.float32]


@dataclass(slots=True)
class Arrays:
    """Every value of a network that learns, float32.

    Parameters
    ----------
    network : as it is before.
    gates : of each connection that has several, its gates.
    """

    network: Network
    gates: Mapping[str, int]
    matrices: dict[str, Matrix] = field(init=False)
    steps: int = field(init=False, default=0)
    """Steps of Adam so far."""
    _biases: dict[str, _Bias] = field(init=False)
    _live: dict[str, NDArray[np.int64]] = field(init=False)

    def __post_init__(self) -> None:
        values, masks = self.network.values, self.network.masks
        self._live = {name: np.flatnonzero(mask) for name, mask in masks.items() if mask.mean() < DENSE_FROM}
        self.matrices = {name: self._matrix(name) for name in masks}
        self._biases = {name: _bias(value) for name, value in values.items() if name not in masks}

    def bias(self, name: str) -> NDArray[np.float32]:
        """The values of a bias; empty where the network has none of the name."""
        return self._biases[name].values[: self.network.values[name].size] if name in self._biases else zeros(0)

    def bias_gradient(self, name: str) -> NDArray[np.float32]:
        """Where the gradient of a bias goes, likewise."""
        return self._biases[name].gradient[: self.network.values[name].size] if name in self._biases else zeros(0)

    def update(self, learning_rate: float) -> None:
        """One step of Adam with the gradients that the kernels left."""
        self.steps += 1
        rate = np.float32(learning_rate / (1.0 - BETA1**self.steps))
        correction = np.float32(1.0 / np.sqrt(1.0 - BETA2**self.steps))
        learning: list[Matrix | _Bias] = [*self.matrices.values(), *self._biases.values()]
        for one in learning:
            adam(one.values, one.gradient, Step(one.first, one.second, one.mask, rate, correction))
        for matrix in self.matrices.values():
            arrange(matrix)

    def to_network(self) -> Network:
        """The network with the values of now."""
        found: dict[str, FloatArray] = {}
        for name, matrix in self.matrices.items():
            value = np.array(self.network.values[name], dtype=np.float32)
            if matrix.dense:
                value[:] = matrix.values.reshape(matrix.rows, matrix.width)[:, : matrix.columns]
            else:
                live = self._live[name]
                value.flat[live] = matrix.values[: live.size]
            found[name] = value
        found |= {name: self.bias(name).copy() for name in self._biases}
        return self.network.with_values({name: found[name] for name in self.network.values})

    def _matrix(self, name: str) -> Matrix:
        value, mask = self.network.values[name], self.network.masks[name]
        rows, columns = mask.shape
        dense, width = name not in self._live, padded(columns)
        if dense:
            size = rows * width
            values, on = zeros(size), np.zeros(size, dtype=np.uint8)
            values.reshape(rows, width)[:, :columns] = value
            on.reshape(rows, width)[:, :columns] = mask
            start, column = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int32)
            down, up = zeros(padded(rows) // LANES, columns, LANES), zeros(width // LANES, rows, LANES)
        else:
            live = self._live[name]
            size = padded(live.size)
            values, on = zeros(size), np.zeros(size, dtype=np.uint8)
            values[: live.size] = value.flat[live]
            on[: live.size] = 1
            start = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
            column = (live % columns).astype(np.int32)
            down, up = zeros(1, 1, LANES), zeros(1, 1, LANES)
        matrix = Matrix(
            rows=rows,
            columns=columns,
            width=width,
            gates=self.gates.get(name, 1),
            dense=dense,
            values=values,
            mask=on,
            first=zeros(size),
            second=zeros(size),
            gradient=zeros(padded(rows) * width if dense else size),
            start=start,
            column=column,
            down=down,
            up=up,
        )
        arrange(matrix)
        return matrix


def _bias(value: FloatArray) -> _Bias:
    size = padded(value.size)
    values, mask = zeros(size), np.zeros(size, dtype=np.uint8)
    values[: value.size] = value
    mask[: value.size] = 1
    return _Bias(values, mask, zeros(size), zeros(size), zeros(size))
