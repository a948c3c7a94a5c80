"""Compiled evaluation: class scores and mean activity over a whole set, tile by tile."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.forward_backward import forward
from resynapse.engine.compiled.kernels.jit import kernel
from resynapse.randomness import TILE


@kernel
def scores(structure, parameters, inputs, modulations, key0, key1, work, out):
    """Fill `out`, (classes, samples), with the class scores of `inputs`, (features, samples)."""
    total = inputs.shape[1]
    classes = out.shape[0]
    tile = np.zeros((inputs.shape[0], TILE), np.float32)
    for begin in range(0, total, TILE):
        end = min(begin + TILE, total)
        tile[:, : end - begin] = inputs[:, begin:end]
        forward(structure, parameters, tile, modulations, key0, key1, begin // TILE, 0, work)
        out[:, begin:end] = work.delta[:classes, : end - begin]


@kernel
def activities(structure, parameters, inputs, modulations, work):
    """Per hidden layer, the sum of absolute activity over units and samples, float64."""
    total = inputs.shape[1]
    layers = structure.rows.size - 1
    sums = np.zeros(layers)
    zero = np.uint32(0)
    tile = np.zeros((inputs.shape[0], TILE), np.float32)
    for begin in range(0, total, TILE):
        end = min(begin + TILE, total)
        tile[:, : end - begin] = inputs[:, begin:end]
        forward(structure, parameters, tile, modulations, zero, zero, begin // TILE, 0, work)
        for i in range(layers):
            for n in range(structure.hidden_at[i], structure.hidden_at[i + 1]):
                part = np.float32(0.0)
                for s in range(end - begin):
                    part += abs(work.hidden[n, s])
                sums[i] += part
    for i in range(layers):
        for c in range(structure.constant_at[i + 1], structure.constant_at[i + 2]):
            sums[i] += abs(work.constant_hidden[c]) * total
    return sums


@kernel
def spreads(structure, parameters, inputs, modulations, work, sums, squares):
    """Per varying hidden unit, sum and sum of squares over samples of its activation minus that of the first sample.

    Parameters
    ----------
    sums, squares : receive them, float64 of shape (units,); a unit that has one value on all samples has exactly 0.
    """
    total = inputs.shape[1]
    zero = np.uint32(0)
    tile = np.zeros((inputs.shape[0], TILE), np.float32)
    first = np.zeros(sums.size, np.float32)
    for begin in range(0, total, TILE):
        end = min(begin + TILE, total)
        tile[:, : end - begin] = inputs[:, begin:end]
        forward(structure, parameters, tile, modulations, zero, zero, begin // TILE, 0, work)
        if begin == 0:
            first[:] = work.activated[:, 0]
        for n in range(sums.size):
            one, two = 0.0, 0.0
            for s in range(end - begin):
                apart = np.float64(work.activated[n, s]) - np.float64(first[n])
                one += apart
                two += apart * apart
            sums[n] += one
            squares[n] += two
