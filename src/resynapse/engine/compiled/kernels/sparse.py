"""Compiled products with sparse weights: a row of 128 samples stays in registers until all live weights are through.

Samples are the contiguous axis, eight vectors of 16, so a weight costs a vector of its source for each and no more.
"""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    bits_on,
    fused,
    load,
    plus,
    splat,
    spread,
    store,
    times,
    total,
    where_on,
)
from resynapse.randomness import TILE

_B, _C, _D, _E, _F, _G, _H = (np.int64(k * LANES) for k in range(1, TILE // LANES))


@inlined
def row_sum(begin, parameters, first, last, column, source):
    """`begin` plus the sum of parameters[p] * source[column[p]] over p from `first` to `last`, in eight vectors."""
    a = splat(begin)
    b, c, d, e, f, g, h = a, a, a, a, a, a, a
    for p in range(first, last):
        w, at = spread(parameters, p), np.int64(column[p]) * TILE
        a = fused(w, load(source, at), a)
        b = fused(w, load(source, at + _B), b)
        c = fused(w, load(source, at + _C), c)
        d = fused(w, load(source, at + _D), d)
        e = fused(w, load(source, at + _E), e)
        f = fused(w, load(source, at + _F), f)
        g = fused(w, load(source, at + _G), g)
        h = fused(w, load(source, at + _H), h)
    return a, b, c, d, e, f, g, h


@part
def rows_times(out, parameters, start, column, source):
    """out[j] = sum of parameters[p] * source[column[p]] over the live weights p of row j."""
    for j in range(out.shape[0]):
        a, b, c, d, e, f, g, h = row_sum(np.float32(0.0), parameters, start[j], start[j + 1], column, source)
        _put(out, j * TILE, a, b, c, d, e, f, g, h)


@part
def relu_rows(activated, bias, parameters, start, column, source, target, living, scale, offset, shift):
    """`rows_times`, and `activation.relu_layer` while the row is in registers; arguments as of both."""
    gain, less = splat(scale), splat(offset * scale - shift)
    for j in range(activated.shape[0]):
        a, b, c, d, e, f, g, h = row_sum(bias[j], parameters, start[j], start[j + 1], column, source)
        a, b, c, d = where_on(a, a), where_on(b, b), where_on(c, c), where_on(d, d)
        e, f, g, h = where_on(e, e), where_on(f, f), where_on(g, g), where_on(h, h)
        size = plus(plus(plus(a, b), plus(c, d)), plus(plus(e, f), plus(g, h)))
        living[j] = bits_on(size) != 0
        _put(activated, j * TILE, a, b, c, d, e, f, g, h)
        a, b, c, d = fused(a, gain, less), fused(b, gain, less), fused(c, gain, less), fused(d, gain, less)
        e, f, g, h = fused(e, gain, less), fused(f, gain, less), fused(g, gain, less), fused(h, gain, less)
        _put(target, j * TILE, a, b, c, d, e, f, g, h)


@part
def columns_times(out, order, packed, parameters, start, position, row, delta):
    """Sum of parameters[position[t]] * delta[row[t]] over the live weights t of each column of `order`.

    With `packed` the sum of column order[n] stands in out[n], else in out[order[n]].
    """
    for n in range(order.size):
        column = order[n]
        a = splat(np.float32(0.0))
        b, c, d, e, f, g, h = a, a, a, a, a, a, a
        for t in range(start[column], start[column + 1]):
            w, at = spread(parameters, np.int64(position[t])), np.int64(row[t]) * TILE
            a = fused(w, load(delta, at), a)
            b = fused(w, load(delta, at + _B), b)
            c = fused(w, load(delta, at + _C), c)
            d = fused(w, load(delta, at + _D), d)
            e = fused(w, load(delta, at + _E), e)
            f = fused(w, load(delta, at + _F), f)
            g = fused(w, load(delta, at + _G), g)
            h = fused(w, load(delta, at + _H), h)
        _put(out, (n if packed else column) * TILE, a, b, c, d, e, f, g, h)


@part
def row_gradients(gradient, start, column, living, delta, source):
    """gradient[p] = sum over samples of delta[j] * source[column[p]] for the live weights p of row j.

    Rows that are not `living` have a delta of zero; an empty `living` means that all are.
    """
    for j in range(delta.shape[0]):
        if living.size > 0 and not living[j]:
            gradient[start[j] : start[j + 1]] = np.float32(0.0)
            continue
        at = j * TILE
        a, b, c, d = load(delta, at), load(delta, at + _B), load(delta, at + _C), load(delta, at + _D)
        e, f, g, h = load(delta, at + _E), load(delta, at + _F), load(delta, at + _G), load(delta, at + _H)
        for p in range(start[j], start[j + 1]):
            at = int(column[p]) * TILE
            first = fused(b, load(source, at + _B), times(a, load(source, at)))
            second = fused(d, load(source, at + _D), times(c, load(source, at + _C)))
            first = fused(e, load(source, at + _E), first)
            second = fused(f, load(source, at + _F), second)
            first = fused(g, load(source, at + _G), first)
            second = fused(h, load(source, at + _H), second)
            gradient[p] = total(plus(first, second))


@part
def _put(out, at, a, b, c, d, e, f, g, h):
    """Eight vectors become a row."""
    store(out, at, a)
    store(out, at + _B, b)
    store(out, at + _C, c)
    store(out, at + _D, d)
    store(out, at + _E, e)
    store(out, at + _F, f)
    store(out, at + _G, g)
    store(out, at + _H, h)
