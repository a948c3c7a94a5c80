"""Compiled products with sparse weights; samples are the contiguous axis, rows are unrolled over their live weights."""

from __future__ import annotations

import numpy as np

from resynapse.engine.kernels.options import kernel


@kernel
def rows_times(out, parameters, first, last, column, source):  # type: ignore[no-untyped-def]
    """out[:] = sum of parameters[p] * source[column[p], :] over the live weights p of one row."""
    for s in range(out.size):
        out[s] = np.float32(0.0)
    p = first
    while p + 4 <= last:
        w0, w1, w2, w3 = parameters[p], parameters[p + 1], parameters[p + 2], parameters[p + 3]
        a, b = source[column[p]], source[column[p + 1]]
        c, d = source[column[p + 2]], source[column[p + 3]]
        for s in range(out.size):
            out[s] += (w0 * a[s] + w1 * b[s]) + (w2 * c[s] + w3 * d[s])
        p += 4
    while p < last:
        w = parameters[p]
        a = source[column[p]]
        for s in range(out.size):
            out[s] += w * a[s]
        p += 1


@kernel
def columns_times(out, parameters, first, last, position, row, delta):  # type: ignore[no-untyped-def]
    """out[:] = sum of parameters[position[t]] * delta[row[t], :] over the live weights t of one column."""
    for s in range(out.size):
        out[s] = np.float32(0.0)
    t = first
    while t + 4 <= last:
        w0, w1 = parameters[position[t]], parameters[position[t + 1]]
        w2, w3 = parameters[position[t + 2]], parameters[position[t + 3]]
        a, b, c, d = delta[row[t]], delta[row[t + 1]], delta[row[t + 2]], delta[row[t + 3]]
        for s in range(out.size):
            out[s] += (w0 * a[s] + w1 * b[s]) + (w2 * c[s] + w3 * d[s])
        t += 4
    while t < last:
        w = parameters[position[t]]
        a = delta[row[t]]
        for s in range(out.size):
            out[s] += w * a[s]
        t += 1


@kernel
def row_gradients(gradient, first, last, column, delta, source):  # type: ignore[no-untyped-def]
    """gradient[p] = sum over samples of delta * source[column[p], :] for the live weights p of one row."""
    for p in range(first, last):
        a = source[column[p]]
        total = np.float32(0.0)
        for s in range(delta.size):
            total += delta[s] * a[s]
        gradient[p] = total
