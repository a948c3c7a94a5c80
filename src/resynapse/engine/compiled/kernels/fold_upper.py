"""The forward pass of a folded network: third layer and class scores.

The third layer's products are the only ones that are taken sample by sample. In each class about half of the second
layer's units are off for all samples of a batch; their columns are left out.
"""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.fold_work import TERMS, sort_by_pattern
from resynapse.engine.compiled.kernels.jit import part
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    bits_on,
    fused,
    load,
    lowest,
    plus,
    splat,
    spread,
    store,
    total,
    transpose,
    where_on,
)
from resynapse.engine.compiled.kernels.rows import copy_row


@part
def third_layer(structure, parameters, modulations, samples, work):
    """Activity of the third layer, the units' patterns and the pairs that differ."""
    second, third, at = structure.second, structure.third, structure.third_at
    shift = modulations.shift[1] - modulations.offset[1] * modulations.scale[1]
    for k in range(0, third, LANES):
        for j in range(0, second, LANES):
            transpose(parameters, at + k * second + j, second, work.turned, j * third + k, third)
    added = work.third_row
    copy_row(added, parameters[structure.third_bias_at : structure.third_bias_at + third])
    if shift != np.float32(0.0):
        for k in range(third):
            whole, weights = np.float32(0.0), parameters[at + k * second : at + (k + 1) * second]
            for j in range(second):
                whole += weights[j]
            added[k] -= shift * whole
    for c in range(structure.classes):
        _products(structure, modulations, c, work)
    _note_patterns(structure, work)
    _note_exceptions(structure, samples, work)
    scale, shift = modulations.scale[2], modulations.shift[2] - modulations.offset[2] * modulations.scale[2]
    hidden, factor, less = work.third_hidden, splat(scale), splat(-shift)
    for n in range(0, samples * third, LANES):
        z = load(hidden, n)
        store(hidden, n, fused(where_on(z, z), factor, less))


@part
def _products(structure, modulations, c, work):
    """Preactivations of the third layer for the samples of class c: 8 samples and 32 units in registers."""
    width, third, end = work.activated.shape[1], structure.third, work.start[c + 1]
    activated, turned, hidden = work.activated, work.turned, work.third_hidden
    units, scale, zero = work.live[c, : work.live_count[c]], splat(modulations.scale[1]), splat(np.float32(0.0))
    last = end - 1
    for k in range(0, third, 2 * LANES):
        more, more_b = load(work.third_row, k), load(work.third_row, k + LANES)
        for begin in range(work.start[c], end, 8):
            # beyond the class the last sample is computed again
            s0, s1, s2, s3 = begin, min(begin + 1, last), min(begin + 2, last), min(begin + 3, last)
            s4, s5, s6, s7 = min(begin + 4, last), min(begin + 5, last), min(begin + 6, last), min(begin + 7, last)
            h0, h1, h2, h3 = s0 * width, s1 * width, s2 * width, s3 * width
            h4, h5, h6, h7 = s4 * width, s5 * width, s6 * width, s7 * width
            a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = zero
            b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = zero
            for j in units:
                a, b = load(turned, j * third + k), load(turned, j * third + k + LANES)
                h = spread(activated, h0 + j)
                a0, b0 = fused(h, a, a0), fused(h, b, b0)
                h = spread(activated, h1 + j)
                a1, b1 = fused(h, a, a1), fused(h, b, b1)
                h = spread(activated, h2 + j)
                a2, b2 = fused(h, a, a2), fused(h, b, b2)
                h = spread(activated, h3 + j)
                a3, b3 = fused(h, a, a3), fused(h, b, b3)
                h = spread(activated, h4 + j)
                a4, b4 = fused(h, a, a4), fused(h, b, b4)
                h = spread(activated, h5 + j)
                a5, b5 = fused(h, a, a5), fused(h, b, b5)
                h = spread(activated, h6 + j)
                a6, b6 = fused(h, a, a6), fused(h, b, b6)
                h = spread(activated, h7 + j)
                a7, b7 = fused(h, a, a7), fused(h, b, b7)
            store(hidden, s0 * third + k, fused(a0, scale, more))
            store(hidden, s0 * third + k + LANES, fused(b0, scale, more_b))
            store(hidden, s1 * third + k, fused(a1, scale, more))
            store(hidden, s1 * third + k + LANES, fused(b1, scale, more_b))
            store(hidden, s2 * third + k, fused(a2, scale, more))
            store(hidden, s2 * third + k + LANES, fused(b2, scale, more_b))
            store(hidden, s3 * third + k, fused(a3, scale, more))
            store(hidden, s3 * third + k + LANES, fused(b3, scale, more_b))
            store(hidden, s4 * third + k, fused(a4, scale, more))
            store(hidden, s4 * third + k + LANES, fused(b4, scale, more_b))
            store(hidden, s5 * third + k, fused(a5, scale, more))
            store(hidden, s5 * third + k + LANES, fused(b5, scale, more_b))
            store(hidden, s6 * third + k, fused(a6, scale, more))
            store(hidden, s6 * third + k + LANES, fused(b6, scale, more_b))
            store(hidden, s7 * third + k, fused(a7, scale, more))
            store(hidden, s7 * third + k + LANES, fused(b7, scale, more_b))


@part
def _note_patterns(structure, work):
    """Which units of the third layer are mostly on in which class."""
    third, mostly, pattern = structure.third, work.mostly_on, work.third.pattern
    one, zero = splat(np.float32(1.0)), splat(np.float32(0.0))
    pattern[:] = 0
    for c in range(structure.classes):
        begin, end = work.start[c], work.start[c + 1]
        half = splat(np.float32(-0.5) * np.float32(end - begin))
        for k in range(0, third, LANES):
            on = zero
            for s in range(begin, end):
                on = plus(on, where_on(load(work.third_hidden, s * third + k), one))
            bits = bits_on(plus(on, half))
            mostly[c, k // LANES] = bits
            for i in range(LANES):
                pattern[k + i] |= ((bits >> i) & 1) << c


@part
def _note_exceptions(structure, samples, work):
    """List the third layer's exceptions, sorted by unit."""
    third, exceptions, hidden = structure.third, work.third, work.third_hidden
    many = 0
    exceptions.start[:] = 0
    for s in range(samples):
        mostly = work.mostly_on[work.label[s]]
        for n in range(mostly.size):
            bits = bits_on(load(hidden, s * third + n * LANES)) ^ mostly[n]
            while bits != 0:
                k = n * LANES + lowest(bits)
                bits &= bits - 1
                work.found[many] = (k << 8) + s
                many += 1
                exceptions.start[k + 1] += 1
    for k in range(third):
        exceptions.start[k + 1] += exceptions.start[k]
    place = exceptions.start[:third].copy()
    for e in range(many):
        k, s = work.found[e] >> 8, work.found[e] & 255
        at = place[k]
        place[k] += 1
        exceptions.sample[at] = s
        exceptions.value[at] = np.float32(1.0) if hidden[s, k] > np.float32(0.0) else np.float32(-1.0)
    sort_by_pattern(exceptions)


@part
def output_layer(structure, parameters, samples, work):
    """Class scores, in `work.output`."""
    third, at, turned, hidden = structure.third, structure.output_at, work.output_turned, work.third_hidden
    for k in range(third):
        for i in range(TERMS):
            turned[0, i, k] = parameters[at + k * TERMS + i]
    at, zero = structure.output_bias_at, splat(np.float32(0.0))
    for s in range(samples):
        a, b, c, d = zero, zero, zero, zero
        for k in range(0, third, LANES):
            h = load(hidden, s * third + k)
            a, b = fused(h, load(turned, k), a), fused(h, load(turned, third + k), b)
            c, d = fused(h, load(turned, 2 * third + k), c), fused(h, load(turned, 3 * third + k), d)
        work.output[s, 0] = total(a) + parameters[at]
        work.output[s, 1] = total(b) + parameters[at + 1]
        work.output[s, 2] = total(c) + parameters[at + 2]
        work.output[s, 3] = total(d) + parameters[at + 3]
