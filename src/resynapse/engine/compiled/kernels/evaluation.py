"""Compiled evaluation: class scores over a whole set, tile by tile."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.forward_backward import forward
from resynapse.engine.compiled.kernels.jit import NOUGHT, kernel
from resynapse.engine.compiled.kernels.rows import copy_columns
from resynapse.randomness import TILE


@kernel
def scores(structure, parameters, inputs, modulations, key0, key1, work, out):
    """Fill `out`, (classes, samples), with the class scores of `inputs`, (features, samples)."""
    total = inputs.shape[1]
    tile = np.zeros((inputs.shape[0], TILE), np.float32)
    for begin in range(0, total, TILE):
        end = min(begin + TILE, total)
        copy_columns(tile, NOUGHT, inputs, begin, end)
        forward(structure, parameters, tile, modulations, key0, key1, begin // TILE, NOUGHT, work)
        copy_columns(out, begin, work.delta, NOUGHT, end - begin)


@kernel
def add_sizes(sums, hidden, hidden_at, samples):
    """Add to `sums`, float64 of shape (layers,), the absolute activity of each layer's units on the first samples."""
    for i in range(sums.size):
        for n in range(hidden_at[i], hidden_at[i + 1]):
            part = np.float32(0.0)
            for s in range(samples):
                part += abs(hidden[n, s])
            sums[i] += part
