"""What kernels of every recurrent network share: batches in groups of 16 samples, noise by address, the read-out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.kernels.jit import inlined, kernel
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    divided,
    fused,
    load,
    plus,
    splat,
    spread,
    store,
    times,
    total,
    within,
)
from resynapse.engine.compiled.kernels.matrices import (
    add_gradient,
    add_transposed,
    all_of,
    product,
    whole_gradient,
)
from resynapse.engine.compiled.kernels.noise import tile_words, words_to_normals
from resynapse.engine.compiled.kernels.optimiser import adam_lanes
from resynapse.randomness import SHARED, TILE

NEGLIGIBLE = np.float32(1e-20)
"""Class probabilities and derivatives below this count as zero, which keeps subnormal numbers out of the products."""
_ONE = np.float32(1.0)


class Place(NamedTuple):
    """Where the noise of a batch stands: words of the key, tile, pass, and each column's sample in the tile."""

    key0: np.uint32
    key1: np.uint32
    tile: int
    draw: int
    sample: NDArray[np.int64]


class Readout(NamedTuple):
    """Scratch of the read-out: of every step that is read, (steps, groups, units, 16)."""

    scores: NDArray[np.float32]
    above: NDArray[np.float32]
    """Derivative of the loss by the activity that is read."""
    chosen: NDArray[np.int32]
    counts: NDArray[np.int64]
    rows: NDArray[np.int32]
    row_count: NDArray[np.int64]
    on: NDArray[np.int64]


@inlined
def tanh_lanes(z):
    """Hyperbolic tangent of 16 numbers, as `activation.tanh` computes it."""
    z = within(z, np.float32(9.0))
    u = times(z, z)
    p = fused(splat(np.float32(1.34418547e-08)), u, splat(np.float32(2.06792335e-05)))
    p = fused(p, u, splat(np.float32(0.00350017431)))
    p = fused(p, u, splat(np.float32(0.133849973)))
    p = fused(p, u, splat(np.float32(0.999999992)))
    q = fused(splat(np.float32(7.81436075e-07)), u, splat(np.float32(0.000329290599)))
    q = fused(q, u, splat(np.float32(0.02589477)))
    q = fused(q, u, splat(np.float32(0.467183185)))
    q = fused(q, u, splat(np.float32(1.0)))
    return divided(times(z, p), q)


@kernel
def gather(inputs, chosen, out):
    """Put the samples `chosen` of (steps, features, samples) into groups: (steps, groups, features or more, 16)."""
    out[:] = np.float32(0.0)
    for t in range(inputs.shape[0]):
        for f in range(inputs.shape[1]):
            for s in range(chosen.size):
                out[t, s // LANES, f, s % LANES] = inputs[t, f, chosen[s]]


@kernel
def draw_noise(out, units, site, time, place, offset, sd):
    """Out = offset + sd * standard normals, by address, for each unit and sample of a batch in groups."""
    if sd == np.float32(0.0):
        out[:] = offset
        return
    words = np.empty(TILE, np.uint32)
    small = np.empty(TILE, np.float32)
    bits = small.view(np.int32)
    signed = np.empty(TILE, np.float32)
    normal = np.empty(TILE, np.float32)
    address = np.uint32(site + SHARED * time)
    for u in range(units):
        # not `add_noise`: a kernel that two families contain could round differently by which was loaded first
        tile_words(words, place.key0, place.key1, place.tile, np.uint32(u), address, np.uint32(place.draw))
        words_to_normals(words, small, bits, signed, normal)
        for s in range(place.sample.size):
            out[s // LANES, u, s % LANES] = offset + sd * normal[place.sample[s]]


@kernel
def arrive(source, units, gain, noisy, offset, sd, site, place, drawn, out):
    """What reaches a layer: its input times gain, plus noise that is drawn anew in every step.

    Parameters
    ----------
    source : float32 of shape (steps or 1, groups, units or more, 16).
    offset, sd : of the noise in every step.
    out : of the same shape, with every step where there is noise.
    """
    for t in range(out.shape[0]):
        one = source[t] if source.shape[0] > 1 else source[0]
        if noisy:
            draw_noise(drawn, units, site, t, place, offset[t], sd[t])
        for b in range(one.shape[0]):
            for u in range(units):
                at = (b * one.shape[1] + u) * LANES
                value = times(load(one, at), splat(gain))
                if noisy:
                    value = plus(value, load(drawn, (b * drawn.shape[1] + u) * LANES))
                store(out[t], at, value)


@kernel
def all_products(matrix, source, bias, out):
    """Products with every step of a source whose units all count, plus a bias where there is one."""
    groups = source.shape[1]
    chosen, count = np.empty((groups, matrix.columns), np.int32), np.empty(groups, np.int64)
    all_of(chosen, count, matrix.columns)
    for t in range(source.shape[0]):
        product(matrix, source[t], chosen, count, out[t])
        if bias.size > 0:
            add_bias(out[t], bias)


@kernel
def add_bias(out, bias):
    """Add a number to all samples of each unit."""
    for b in range(out.shape[0]):
        for u in range(bias.size):
            at = (b * out.shape[1] + u) * LANES
            store(out, at, plus(load(out, at), spread(bias, u)))


@kernel
def read(readout, bias, states, work):
    """Scores of the steps that are read out: all of `states`, or the last of them."""
    steps = work.scores.shape[0]
    all_of(work.chosen, work.counts, readout.columns)
    for t in range(steps):
        product(readout, states[states.shape[0] - steps + t], work.chosen, work.counts, work.scores[t])
        if bias.size > 0:
            add_bias(work.scores[t], bias)


@kernel
def slopes(work, classes, labels, targets):
    """Turn scores into the derivative of the loss: cross-entropy, or squared error where there are targets.

    Parameters
    ----------
    labels : int64 of shape (samples,).
    targets : float32 of shape (steps, classes, samples), or of size 0.
    """
    scores, samples = work.scores, labels.size
    steps = scores.shape[0]
    if targets.size > 0:
        share = np.float32(2.0) / np.float32(samples)
        for t in range(steps):
            for k in range(classes):
                for s in range(samples):
                    b, lane = s // LANES, s % LANES
                    scores[t, b, k, lane] = share * (scores[t, b, k, lane] - targets[t, k, s])
    else:
        share = _ONE / np.float32(samples * steps)
        for t in range(steps):
            for s in range(samples):
                b, lane = s // LANES, s % LANES
                highest = scores[t, b, 0, lane]
                for k in range(1, classes):
                    highest = max(highest, scores[t, b, k, lane])
                whole = np.float32(0.0)
                for k in range(classes):
                    e = np.exp(scores[t, b, k, lane] - highest)
                    scores[t, b, k, lane] = e
                    whole += e
                for k in range(classes):
                    p = scores[t, b, k, lane] / whole
                    if k == labels[s]:
                        p -= _ONE
                    scores[t, b, k, lane] = np.float32(0.0) if abs(p) < NEGLIGIBLE else p * share
    for s in range(samples, scores.shape[1] * LANES):
        scores[:, s // LANES, :, s % LANES] = np.float32(0.0)


@kernel
def read_back(readout, bias_gradient, states, work, gradients):
    """Gradients of the read-out, and what reaches the activity that is read."""
    steps = work.scores.shape[0]
    all_of(work.rows, work.row_count, readout.rows)
    work.above[:] = np.float32(0.0)
    for t in range(steps):
        add_transposed(readout, work.scores[t], work.rows, work.row_count, work.above[t])
    if bias_gradient.size > 0:
        sum_samples(work.scores, bias_gradient)
    used = states[states.shape[0] - steps :]
    step_gradients(readout, work.scores, work.on, used, gradients)


@kernel
def step_gradients(matrix, delta, on, source, gradients):
    """The gradient of a matrix whose deltas all count, from all steps."""
    if matrix.dense:
        whole_gradient(matrix, delta, delta, False, source, gradients)
        return
    matrix.gradient[:] = np.float32(0.0)
    on[:] = (np.int64(1) << delta.shape[1]) - 1
    for t in range(delta.shape[0]):
        add_gradient(matrix, delta[t], on, source[t])


@kernel
def sum_samples(delta, out):
    """The sum over steps and samples of each unit's delta."""
    for u in range(out.size):
        sums = splat(np.float32(0.0))
        for t in range(delta.shape[0]):
            for b in range(delta.shape[1]):
                sums = plus(sums, load(delta, ((t * delta.shape[1] + b) * delta.shape[2] + u) * LANES))
        out[u] = total(sums)


@kernel
def adam(values, gradient, step):
    """One update of all values, a multiple of 16 of them; masked ones stay zero."""
    for at in range(0, values.size, LANES):
        adam_lanes(values, at, load(gradient, at), step)


@kernel
def spread_groups(groups, units, samples, out):
    """Activity in groups of 16 samples, (steps, groups, units or more, 16), as (steps, units, samples)."""
    for t in range(groups.shape[0]):
        for u in range(units):
            for s in range(samples):
                out[t, u, s] = groups[t, s // LANES, u, s % LANES]
