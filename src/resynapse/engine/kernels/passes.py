"""Compiled forward and backward passes over one batch of a compacted network.

The arithmetic is that of `resynapse.engine.reference`; only what is known to be zero or constant is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compaction import Structure
from resynapse.engine.kernels.activation import activate_row, slope_row
from resynapse.engine.kernels.noise import fill_normals
from resynapse.engine.kernels.options import kernel
from resynapse.engine.kernels.sparse import columns_times, row_gradients, rows_times
from resynapse.randomness import TILE

NEGLIGIBLE = np.float32(1e-20)
"""Class probabilities below this count as zero, which keeps subnormal numbers out of the products."""


class Modulations(NamedTuple):
    """What acts on each hidden layer, arrays of shape (hidden layers,)."""

    activation: NDArray[np.int64]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    noise_sd: NDArray[np.float32]
    shift: NDArray[np.float32]


class Work(NamedTuple):
    """Scratch of one thread, float32; hidden layers lie one after the other, each (units, samples)."""

    activated: NDArray[np.float32]
    hidden: NDArray[np.float32]
    noise: NDArray[np.float32]
    delta: NDArray[np.float32]
    delta_before: NDArray[np.float32]
    row_sum: NDArray[np.float32]
    constant_activated: NDArray[np.float32]
    constant_hidden: NDArray[np.float32]
    constant_delta: NDArray[np.float32]


def workspace(structure: Structure) -> Work:
    """Scratch that fits `structure` and batches of up to 128 samples."""
    hidden = int(structure.hidden_at[-1]) * TILE
    widest = max(int(structure.rows.max(initial=1)), int(structure.columns.max(initial=1)))
    constants = int(structure.constant_at[-1])

    def zeros(size: int) -> NDArray[np.float32]:
        return np.zeros(size, dtype=np.float32)

    return Work(
        activated=zeros(hidden),
        hidden=zeros(hidden),
        noise=zeros(widest * TILE),
        delta=zeros(widest * TILE),
        delta_before=zeros(widest * TILE),
        row_sum=zeros(widest),
        constant_activated=zeros(constants),
        constant_hidden=zeros(constants),
        constant_delta=zeros(constants),
    )


@kernel
def forward(structure, parameters, inputs, modulations, key0, key1, tile, draw, work):  # type: ignore[no-untyped-def]
    """Fill `work` with the activity of one batch; the class scores, (classes, samples), are in `work.delta`.

    Parameters
    ----------
    inputs : float32 of shape (features, samples), at most 128 samples.
    key0, key1, tile, draw : where in the noise stream this batch stands.
    """
    samples = inputs.shape[1]
    layers = structure.rows.size
    source = inputs
    for i in range(layers):
        rows, columns = structure.rows[i], structure.columns[i]
        last = i == layers - 1
        at = 0 if last else structure.hidden_at[i] * TILE
        target = work.delta if last else work.activated
        out = target[at : at + rows * samples].reshape(rows, samples)
        if i > 0:
            _constants(structure, parameters, modulations, i, work)
        if structure.dense[i]:
            first = structure.varying_at[i]
            weights = parameters[first : first + rows * columns].reshape(rows, columns)
            np.dot(weights, source, out)
        start = structure.row_at[i]
        for j in range(rows):
            if not structure.dense[i]:
                r = start + j
                rows_times(
                    out[j],
                    parameters,
                    structure.row_start[r],
                    structure.row_start[r + 1],
                    structure.column,
                    source,
                )
            bias = parameters[structure.bias_at[i] + j]
            if structure.constants[i] > 0:
                c = structure.constant_at[i]
                for p in range(structure.constant_start[start + j], structure.constant_start[start + j + 1]):
                    bias += parameters[p] * work.constant_hidden[c + structure.column[p]]
            if last:
                for s in range(samples):
                    out[j, s] += bias
            else:
                activate_row(out[j], bias, modulations.activation[i])
        if not last:
            source = work.hidden[at : at + rows * samples].reshape(rows, samples)
            scale, shift, offset = modulations.scale[i], modulations.shift[i], modulations.offset[i]
            sd = modulations.noise_sd[i]
            if sd > np.float32(0.0):
                noise = work.noise[: rows * samples].reshape(rows, samples)
                units = structure.unit[structure.hidden_at[i] : structure.hidden_at[i + 1]]
                fill_normals(noise, key0, key1, tile, units, i, draw)
                for j in range(rows):
                    for s in range(samples):
                        source[j, s] = (out[j, s] + (sd * noise[j, s] + offset)) * scale - shift
            else:
                for j in range(rows):
                    for s in range(samples):
                        source[j, s] = (out[j, s] + offset) * scale - shift


@kernel
def _constants(structure, parameters, modulations, i, work):  # type: ignore[no-untyped-def]
    """Activity of the constant units that feed layer i: of their biases alone."""
    if structure.constants[i] == 0:
        return
    begin, end = structure.constant_at[i], structure.constant_at[i + 1]
    bias_at = structure.constant_bias_at[i]
    values = work.constant_activated[begin:end]
    for c in range(values.size):
        values[c] = parameters[bias_at + c]
    activate_row(values, np.float32(0.0), modulations.activation[i - 1])
    scale, shift = modulations.scale[i - 1], modulations.shift[i - 1]
    offset = modulations.offset[i - 1]
    for c in range(values.size):
        work.constant_hidden[begin + c] = (values[c] + offset) * scale - shift


@kernel
def output_delta(logits, labels):  # type: ignore[no-untyped-def]
    """Logits := dL/dlogits of the mean cross-entropy, shape (classes, samples)."""
    classes, samples = logits.shape
    share = np.float32(1.0) / np.float32(samples)
    for s in range(samples):
        highest = logits[0, s]
        for k in range(1, classes):
            highest = max(highest, logits[k, s])
        total = np.float32(0.0)
        for k in range(classes):
            e = np.exp(logits[k, s] - highest)
            logits[k, s] = e
            total += e
        for k in range(classes):
            p = logits[k, s] / total
            if k == labels[s]:
                p -= np.float32(1.0)
            logits[k, s] = np.float32(0.0) if abs(p) < NEGLIGIBLE else p * share


@kernel
def backward(structure, parameters, gradient, inputs, modulations, work):  # type: ignore[no-untyped-def]
    """Fill `gradient` from dL/dlogits in `work.delta` and the activity that `forward` left."""
    samples = inputs.shape[1]
    layers = structure.rows.size
    delta_buffer, before_buffer = work.delta, work.delta_before
    for back in range(layers):
        i = layers - 1 - back
        rows, columns = structure.rows[i], structure.columns[i]
        delta = delta_buffer[: rows * samples].reshape(rows, samples)
        if i > 0:
            at = structure.hidden_at[i - 1] * TILE
            source = work.hidden[at : at + columns * samples].reshape(columns, samples)
        else:
            source = inputs
        bias_at = structure.bias_at[i]
        for j in range(rows):
            total = np.float32(0.0)
            for s in range(samples):
                total += delta[j, s]
            work.row_sum[j] = total
            gradient[bias_at + j] = total
        if structure.constants[i] > 0:
            _constant_gradients(structure, parameters, gradient, modulations, i, work)
        if structure.dense[i]:
            first = structure.varying_at[i]
            block = gradient[first : first + rows * columns].reshape(rows, columns)
            np.dot(delta, source.T, block)
        else:
            for j in range(rows):
                r = structure.row_at[i] + j
                row_gradients(
                    gradient,
                    structure.row_start[r],
                    structure.row_start[r + 1],
                    structure.column,
                    delta[j],
                    source,
                )
        if i == 0:
            continue
        before = before_buffer[: columns * samples].reshape(columns, samples)
        if structure.dense[i]:
            first = structure.varying_at[i]
            weights = parameters[first : first + rows * columns].reshape(rows, columns)
            np.dot(weights.T, delta, before)
        activated = work.activated[at : at + columns * samples].reshape(columns, samples)
        for c in range(columns):
            if not structure.dense[i]:
                t = structure.transposed_at[i] + c
                columns_times(
                    before[c],
                    parameters,
                    structure.transposed_start[t],
                    structure.transposed_start[t + 1],
                    structure.transposed_parameter,
                    structure.transposed_row,
                    delta,
                )
            slope_row(before[c], activated[c], modulations.activation[i - 1], modulations.scale[i - 1])
        delta_buffer, before_buffer = before_buffer, delta_buffer


@kernel
def _constant_gradients(structure, parameters, gradient, modulations, i, work):  # type: ignore[no-untyped-def]
    """Gradients of the weights from constant units and of those units' biases, from sums over the batch."""
    begin, end = structure.constant_at[i], structure.constant_at[i + 1]
    deltas = work.constant_delta[begin:end]
    deltas[:] = np.float32(0.0)
    start = structure.row_at[i]
    for j in range(structure.rows[i]):
        total = work.row_sum[j]
        for p in range(structure.constant_start[start + j], structure.constant_start[start + j + 1]):
            c = structure.column[p]
            gradient[p] = total * work.constant_hidden[begin + c]
            deltas[c] += parameters[p] * total
    slope_row(deltas, work.constant_activated[begin:end], modulations.activation[i - 1], modulations.scale[i - 1])
    bias_at = structure.constant_bias_at[i]
    for c in range(deltas.size):
        gradient[bias_at + c] = deltas[c]
