"""Compiled products with sparse weights; samples are the contiguous axis, rows are unrolled over their live weights."""

from __future__ import annotations

import numpy as np

from resynapse.engine.kernels.options import kernel
from resynapse.randomness import TILE


@kernel
def rows_times(out, parameters, start, column, source):  # type: ignore[no-untyped-def]
    """out[j] = sum of parameters[p] * source[column[p]] over the live weights p of row j."""
    for j in range(out.shape[0]):
        for s in range(TILE):
            out[j, s] = np.float32(0.0)
        p, last = start[j], start[j + 1]
        while p + 4 <= last:
            w0, w1, w2, w3 = parameters[p], parameters[p + 1], parameters[p + 2], parameters[p + 3]
            a, b = source[column[p]], source[column[p + 1]]
            c, d = source[column[p + 2]], source[column[p + 3]]
            for s in range(TILE):
                out[j, s] += (w0 * a[s] + w1 * b[s]) + (w2 * c[s] + w3 * d[s])
            p += 4
        while p < last:
            w = parameters[p]
            a = source[column[p]]
            for s in range(TILE):
                out[j, s] += w * a[s]
            p += 1


@kernel
def columns_times(out, order, packed, parameters, start, position, row, delta):  # type: ignore[no-untyped-def]
    """Sum of parameters[position[t]] * delta[row[t]] over the live weights t of each column of `order`.

    With `packed` the sum of column order[n] stands in out[n], else in out[order[n]].
    """
    for n in range(order.size):
        c = order[n]
        o = n if packed else c
        for s in range(TILE):
            out[o, s] = np.float32(0.0)
        t, last = start[c], start[c + 1]
        while t + 4 <= last:
            w0, w1 = parameters[position[t]], parameters[position[t + 1]]
            w2, w3 = parameters[position[t + 2]], parameters[position[t + 3]]
            a, b, e, d = delta[row[t]], delta[row[t + 1]], delta[row[t + 2]], delta[row[t + 3]]
            for s in range(TILE):
                out[o, s] += (w0 * a[s] + w1 * b[s]) + (w2 * e[s] + w3 * d[s])
            t += 4
        while t < last:
            w = parameters[position[t]]
            a = delta[row[t]]
            for s in range(TILE):
                out[o, s] += w * a[s]
            t += 1


@kernel
def row_gradients(gradient, start, column, living, delta, source):  # type: ignore[no-untyped-def]
    """gradient[p] = sum over samples of delta[j] * source[column[p]] for the live weights p of row j.

    Rows that are not `living` have a delta of zero; an empty `living` means that all are.
    """
    for j in range(delta.shape[0]):
        if living.size > 0 and not living[j]:
            gradient[start[j] : start[j + 1]] = np.float32(0.0)
            continue
        for p in range(start[j], start[j + 1]):
            a = source[column[p]]
            total = np.float32(0.0)
            for s in range(TILE):
                total += delta[j, s] * a[s]
            gradient[p] = total
