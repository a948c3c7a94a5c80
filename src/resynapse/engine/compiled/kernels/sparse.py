"""Compiled products with sparse weights; samples are the contiguous axis, rows are unrolled over their live weights."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.randomness import TILE


@inlined
def add_four(out, fresh, w0, w1, w2, w3, a, b, c, d):
    """Out = w0 * a + w1 * b + w2 * c + w3 * d, or out += the same unless it is `fresh`."""
    if fresh:
        for s in range(TILE):
            out[s] = (w0 * a[s] + w1 * b[s]) + (w2 * c[s] + w3 * d[s])
    else:
        for s in range(TILE):
            out[s] += (w0 * a[s] + w1 * b[s]) + (w2 * c[s] + w3 * d[s])


@part
def rows_times(out, parameters, start, column, source):
    """out[j] = sum of parameters[p] * source[column[p]] over the live weights p of row j."""
    zero = np.float32(0.0)
    for j in range(out.shape[0]):
        first, last = start[j], start[j + 1]
        if first == last:
            for s in range(TILE):
                out[j, s] = zero
        for p in range(first, last, 4):
            # what is missing of the last four has weight 0 and the row of the first
            w1 = parameters[p + 1] if p + 1 < last else zero
            w2 = parameters[p + 2] if p + 2 < last else zero
            w3 = parameters[p + 3] if p + 3 < last else zero
            a = column[p]
            b = column[p + 1] if p + 1 < last else a
            c = column[p + 2] if p + 2 < last else a
            d = column[p + 3] if p + 3 < last else a
            add_four(out[j], p == first, parameters[p], w1, w2, w3, source[a], source[b], source[c], source[d])


@part
def columns_times(out, order, packed, parameters, start, position, row, delta):
    """Sum of parameters[position[t]] * delta[row[t]] over the live weights t of each column of `order`.

    With `packed` the sum of column order[n] stands in out[n], else in out[order[n]].
    """
    zero = np.float32(0.0)
    for n in range(order.size):
        column = order[n]
        o = n if packed else column
        first, last = start[column], start[column + 1]
        if first == last:
            for s in range(TILE):
                out[o, s] = zero
        for t in range(first, last, 4):
            w1 = parameters[position[t + 1]] if t + 1 < last else zero
            w2 = parameters[position[t + 2]] if t + 2 < last else zero
            w3 = parameters[position[t + 3]] if t + 3 < last else zero
            a = row[t]
            b = row[t + 1] if t + 1 < last else a
            c = row[t + 2] if t + 2 < last else a
            d = row[t + 3] if t + 3 < last else a
            w0 = parameters[position[t]]
            add_four(out[o], t == first, w0, w1, w2, w3, delta[a], delta[b], delta[c], delta[d])


@part
def row_gradients(gradient, start, column, living, delta, source):
    """gradient[p] = sum over samples of delta[j] * source[column[p]] for the live weights p of row j.

    Rows that are not `living` have a delta of zero; an empty `living` means that all are.
    """
    for j in range(delta.shape[0]):
        if living.size > 0 and not living[j]:
            gradient[start[j] : start[j + 1]] = np.float32(0.0)
            continue
        d = delta[j]
        for p in range(start[j], start[j + 1]):
            a = source[column[p]]
            total = np.float32(0.0)
            for s in range(TILE):
                total += d[s] * a[s]
            gradient[p] = total
