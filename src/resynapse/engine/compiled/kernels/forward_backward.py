"""Compiled forward and backward passes over one tile of samples of a compacted network.

The arithmetic is that of `resynapse.engine.reference`; only what is known to be zero or constant is left out. A tile
always has 128 columns: loops have a constant length, and columns beyond the batch carry a delta of zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.compaction import Structure
from resynapse.engine.compiled.kernels.activation import (
    RELU,
    activate_values,
    apply_slope,
    relu_layer,
    scale_by_slope,
    tanh_layer,
)
from resynapse.engine.compiled.kernels.dense import dense_product
from resynapse.engine.compiled.kernels.jit import NOUGHT, part
from resynapse.engine.compiled.kernels.lanes import LANES, transpose, zeros
from resynapse.engine.compiled.kernels.noise import add_noise
from resynapse.engine.compiled.kernels.optimiser import adam_block, adam_masked, decay_rows
from resynapse.engine.compiled.kernels.rows import copy_row
from resynapse.engine.compiled.kernels.sparse import columns_times, relu_rows, row_gradients, rows_times
from resynapse.randomness import TILE

NEGLIGIBLE = np.float32(1e-20)
"""Class probabilities below this count as zero, which keeps subnormal numbers out of the products."""
ONE, SAMPLES = np.int64(1), np.int64(TILE)
"""As arguments: Numba would compile a kernel once more for the literals."""
BLOCK = 128
"""Rows of a dense layer whose gradient is computed and applied together, while it is in the cache."""


class Modulations(NamedTuple):
    """What acts on each hidden layer, arrays of shape (hidden layers,)."""

    activation: NDArray[np.int64]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    noise_sd: NDArray[np.float32]
    shift: NDArray[np.float32]
    unit_offset: NDArray[np.float32]
    unit_sd: NDArray[np.float32]
    """Mean and sd of the noise of each varying hidden unit, in place of `offset` and `noise_sd`; empty for none."""


class Work(NamedTuple):
    """Scratch of one thread, float32 of shape (units, 128); hidden layers lie one after the other."""

    activated: NDArray[np.float32]
    hidden: NDArray[np.float32]
    delta: NDArray[np.float32]
    delta_before: NDArray[np.float32]
    living: NDArray[np.bool_]
    """Whether each hidden unit's activation is anywhere on the tile not zero."""
    alive: NDArray[np.int64]
    """The numbers of these units, for each layer from its place on, in order."""
    alive_count: NDArray[np.int64]
    packed: NDArray[np.float32]
    """Weights of the rows of a dense layer that are alive."""
    turned: NDArray[np.float32]
    """What a dense layer receives, sample by sample, one row close after the other whatever the layer's width."""
    block: NDArray[np.float32]
    """Gradients of a block of rows."""
    row_sum: NDArray[np.float32]
    constant_activated: NDArray[np.float32]
    constant_hidden: NDArray[np.float32]
    constant_delta: NDArray[np.float32]
    gradient: NDArray[np.float32]
    """Of every parameter; those of dense blocks are never stored."""


def workspace(structure: Structure) -> Work:
    """Scratch that fits `structure`."""
    hidden = int(structure.hidden_at[-1])
    widest = max(int(structure.rows.max(initial=1)), int(structure.columns.max(initial=1)))
    constants = int(structure.constant_at[-1])
    # kernels read whole vectors, also of the last rows
    width = -(-int(structure.columns.max(initial=1)) // LANES) * LANES
    dense = int((structure.rows * structure.columns * structure.dense).max(initial=0))

    return Work(
        activated=zeros(hidden, TILE),
        hidden=zeros(hidden + LANES, TILE),
        delta=zeros(widest, TILE),
        delta_before=zeros(widest, TILE),
        living=np.zeros(hidden, dtype=np.bool_),
        alive=np.zeros(hidden, dtype=np.int64),
        alive_count=np.zeros(structure.rows.size, dtype=np.int64),
        packed=zeros(dense),
        turned=zeros(TILE, width),
        block=zeros(BLOCK * width),
        row_sum=zeros(widest),
        constant_activated=zeros(constants),
        constant_hidden=zeros(constants),
        constant_delta=zeros(constants),
        gradient=zeros(structure.mask.size),
    )


@part
def forward(structure, parameters, inputs, modulations, key0, key1, tile, draw, work):
    """Fill `work` with the activity of one tile; the class scores, (classes, 128), are in `work.delta`.

    Parameters
    ----------
    inputs : float32 of shape (features, 128).
    key0, key1, tile, draw : where in the noise stream this tile stands.
    """
    source = inputs
    last = structure.rows.size - 1
    for i in range(last):
        _hidden_layer(structure, parameters, source, modulations, i, work)
        source = work.hidden[structure.hidden_at[i] : structure.hidden_at[i + 1]]
        _noise(structure, modulations, key0, key1, tile, i, draw, source)
    _constants(structure, parameters, modulations, last, work)
    _biases(structure, parameters, last, work)
    out = work.delta[: structure.rows[last]]
    _products(structure, parameters, source, last, out)
    for j in range(out.shape[0]):
        for s in range(TILE):
            out[j, s] += work.row_sum[j]


@part
def _products(structure, parameters, source, i, out):
    """Out = the weights of layer i between varying units times `source`."""
    if structure.dense[i]:
        first, columns = structure.varying_at[i], structure.columns[i]
        dense_product(out, SAMPLES, parameters, first, columns, ONE, columns, source, SAMPLES)
    else:
        at = structure.row_at[i]
        rows_times(out, parameters, structure.row_start[at : at + out.shape[0] + 1], structure.column, source)


@part
def _hidden_layer(structure, parameters, source, modulations, i, work):
    """Activity of hidden layer i before noise, which of its units are alive, and their numbers."""
    _constants(structure, parameters, modulations, i, work)
    _biases(structure, parameters, i, work)
    begin, end = structure.hidden_at[i], structure.hidden_at[i + 1]
    out, target, living = work.activated[begin:end], work.hidden[begin:end], work.living[begin:end]
    scale, offset, shift = modulations.scale[i], modulations.offset[i], modulations.shift[i]
    bias = work.row_sum[: end - begin]
    if modulations.activation[i] != RELU:
        _products(structure, parameters, source, i, out)
        tanh_layer(out, bias, target, living, scale, offset, shift)
    elif structure.dense[i]:
        _products(structure, parameters, source, i, out)
        relu_layer(out, bias, target, living, scale, offset, shift)
    else:
        at = structure.row_at[i]
        start = structure.row_start[at : at + end - begin + 1]
        relu_rows(out, bias, parameters, start, structure.column, source, target, living, scale, offset, shift)
    alive = 0
    for j in range(end - begin):
        if living[j]:
            work.alive[begin + alive] = j
            alive += 1
    work.alive_count[i] = alive


@part
def _noise(structure, modulations, key0, key1, tile, i, draw, target):
    """Add the noise of hidden layer i to its activity on one tile."""
    begin, end = structure.hidden_at[i], structure.hidden_at[i + 1]
    own = modulations.unit_sd.size > 0
    factor = modulations.scale[i] if own else modulations.noise_sd[i] * modulations.scale[i]
    if factor > np.float32(0.0):
        offset, sd = modulations.unit_offset[begin:end], modulations.unit_sd[begin:end]
        add_noise(target, offset, sd, factor, structure.unit[begin:end], key0, key1, tile, i, draw)


@part
def _biases(structure, parameters, i, work):
    """Fill `work.row_sum` with the biases of layer i's rows and what the constant units add to them."""
    rows = structure.rows[i]
    bias_at = structure.bias_at[i]
    copy_row(work.row_sum, parameters[bias_at : bias_at + rows])
    if structure.constants[i] == 0:
        return
    hidden = work.constant_hidden[structure.constant_at[i] : structure.constant_at[i + 1]]
    start = structure.row_at[i]
    for j in range(rows):
        first, last = structure.constant_start[start + j], structure.constant_start[start + j + 1]
        values, units = parameters[first:last], structure.column[first:last]
        total = np.float32(0.0)
        for p in range(values.size):
            total += values[p] * hidden[units[p]]
        work.row_sum[j] += total


@part
def _constants(structure, parameters, modulations, i, work):
    """Activity of the constant units that feed layer i: of their biases alone."""
    if structure.constants[i] == 0:
        return
    begin, end = structure.constant_at[i], structure.constant_at[i + 1]
    bias_at = structure.constant_bias_at[i]
    values = work.constant_activated[begin:end]
    copy_row(values, parameters[bias_at : bias_at + values.size])
    activate_values(values, modulations.activation[i - 1])
    scale, shift = modulations.scale[i - 1], modulations.shift[i - 1]
    offset = modulations.offset[i - 1]
    for c in range(values.size):
        work.constant_hidden[begin + c] = (values[c] + offset) * scale - shift


@part
def output_delta(logits, labels, samples):
    """Turn class scores, (classes, 128), into dL/dscores of the mean cross-entropy of the first `samples`."""
    classes = logits.shape[0]
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
    logits[:, samples:] = np.float32(0.0)


@part
def backward(structure, parameters, gradient, inputs, modulations, work, step):
    """Backpropagate dL/dscores in `work.delta` through what `forward` left, and update every parameter.

    Units whose activation is zero on the whole tile have no gradient: they are left out of the products, exactly. The
    deltas of a dense layer's units are packed, the living ones alone; those of a sparse layer keep their places.

    Parameters
    ----------
    step : an `optimiser.Step`; the weights that deltas need are read before they are updated.
    """
    delta_buffer, before_buffer = work.delta, work.delta_before
    layers = structure.rows.size
    for back in range(layers):
        i = layers - 1 - back
        last = back == 0
        rows, columns = structure.rows[i], structure.columns[i]
        source = inputs
        if i > 0:
            source = work.hidden[structure.hidden_at[i - 1] : structure.hidden_at[i]]
        packed = structure.dense[i] and not last
        begin = 0 if last else structure.hidden_at[i]
        alive = work.alive[begin : begin + work.alive_count[i]] if packed else work.alive[:0]
        delta = delta_buffer[: alive.size] if packed else delta_buffer[:rows]
        _bias_gradients(structure, gradient, i, delta, alive, packed, work)
        if structure.constants[i] > 0:
            _constant_gradients(structure, parameters, gradient, modulations, i, work)
        if i > 0:
            before = before_buffer[:columns]
            if structure.dense[i]:
                _dense_before(structure, parameters, i, delta, alive, packed, before, work)
            _deltas_before(structure, parameters, i, delta, before, modulations, work)
        after_block = structure.varying_at[i]
        if structure.dense[i]:
            _dense_update(structure, parameters, i, delta, alive, packed, source, work, step)
            after_block += rows * columns
        else:
            start = structure.row_at[i]
            living = work.living[:0] if last else work.living[begin : begin + rows]
            row_gradients(
                gradient, structure.row_start[start : start + rows + 1], structure.column, living, delta, source
            )
        end = structure.varying_at[i + 1]
        adam_masked(parameters, gradient[after_block:end], step, after_block, end)
        delta_buffer, before_buffer = before_buffer, delta_buffer


@part
def _bias_gradients(structure, gradient, i, delta, alive, packed, work):
    """Sum the deltas of each row over the tile: the gradient of its bias."""
    rows = structure.rows[i]
    work.row_sum[:rows] = np.float32(0.0)
    for n in range(delta.shape[0]):
        total = np.float32(0.0)
        for s in range(TILE):
            total += delta[n, s]
        work.row_sum[alive[n] if packed else n] = total
    bias_at = structure.bias_at[i]
    copy_row(gradient[bias_at : bias_at + rows], work.row_sum[:rows])


@part
def _deltas_before(structure, parameters, i, delta, before, modulations, work):
    """Turn products into deltas of the units that feed layer i: of the living ones, packed if their layer is dense."""
    at = structure.hidden_at[i - 1]
    order = work.alive[at : at + work.alive_count[i - 1]]
    pack = structure.dense[i - 1]
    if not pack:
        for j in range(before.shape[0]):
            if not work.living[at + j]:
                before[j] = np.float32(0.0)
    if not structure.dense[i]:
        start = structure.transposed_at[i]
        columns_times(
            before,
            order,
            pack,
            parameters,
            structure.transposed_start[start : start + before.shape[0] + 1],
            structure.transposed_parameter,
            structure.transposed_row,
            delta,
        )
    elif pack:
        for n in range(order.size):
            if n < order[n]:
                copy_row(before[n], before[order[n]])
    activated = work.activated[at : at + before.shape[0]]
    apply_slope(before, activated, order, pack, modulations.activation[i - 1], modulations.scale[i - 1])


@part
def _dense_before(structure, parameters, i, delta, alive, packed, before, work):
    """Fill `before` with W.T delta over the living rows of a dense layer."""
    rows, columns = structure.rows[i], structure.columns[i]
    first = structure.varying_at[i]
    weights = parameters
    if packed and alive.size < rows:
        for n in range(alive.size):
            begin = first + alive[n] * columns
            copy_row(work.packed[n * columns : (n + 1) * columns], parameters[begin : begin + columns])
        weights, first, rows = work.packed, NOUGHT, alive.size
    dense_product(before, SAMPLES, weights, first, ONE, columns, rows, delta, SAMPLES)


@part
def _dense_update(structure, parameters, i, delta, alive, packed, source, work, step):
    """Gradient and Adam update of a dense layer, block by block of living rows; dead rows have gradient zero."""
    rows, columns = structure.rows[i], structure.columns[i]
    first, width = structure.varying_at[i], -(-columns // LANES) * LANES
    for k in range(0, columns, LANES):
        for s in range(0, TILE, LANES):
            # beyond the last column stands what `adam_block` never looks at
            transpose(source, k * TILE + s, TILE, work.turned, s * width + k, width)
    for begin in range(0, delta.shape[0], BLOCK):
        end = min(begin + BLOCK, delta.shape[0])
        block = work.block[: (end - begin) * width].reshape(end - begin, width)
        dense_product(
            block, width, delta.reshape(delta.size), begin * SAMPLES, SAMPLES, ONE, SAMPLES, work.turned, width
        )
        adam_block(parameters, block, columns, alive, packed, begin, first, step)
    if packed and alive.size < rows:
        at = structure.hidden_at[i]
        decay_rows(parameters, step, first, columns, work.living[at : at + rows])


@part
def _constant_gradients(structure, parameters, gradient, modulations, i, work):
    """Gradients of the weights from constant units and of those units' biases, from sums over the batch."""
    begin, end = structure.constant_at[i], structure.constant_at[i + 1]
    deltas = work.constant_delta[begin:end]
    deltas[:] = np.float32(0.0)
    hidden = work.constant_hidden[begin:end]
    start = structure.row_at[i]
    for j in range(structure.rows[i]):
        total = work.row_sum[j]
        first, last = structure.constant_start[start + j], structure.constant_start[start + j + 1]
        if total == np.float32(0.0):
            gradient[first:last] = np.float32(0.0)
            continue
        values, slopes, units = parameters[first:last], gradient[first:last], structure.column[first:last]
        for p in range(values.size):
            slopes[p] = total * hidden[units[p]]
        for p in range(values.size):
            deltas[units[p]] += values[p] * total
    scale_by_slope(deltas, work.constant_activated[begin:end], modulations.activation[i - 1], modulations.scale[i - 1])
    bias_at = structure.constant_bias_at[i]
    copy_row(gradient[bias_at : bias_at + deltas.size], deltas)
