"""A connection array of a recurrent network, dense or by its live weights, and its three products.

Activity lies in groups of 16 samples, (groups, units, 16). `chosen` lists the units that are not silent in a group, so
that the others are left out, exactly: a ReLU unit that is zero for a whole group adds nothing, and gets no gradient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.kernels.jit import kernel
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    bits_on,
    fused,
    load,
    lowest,
    splat,
    spread,
    store,
    total,
    transpose,
)
from resynapse.engine.compiled.kernels.tiles import (
    EIGHT,
    WIDE,
    add_rows,
    eight_narrow,
    put_rows,
    three_narrow,
    three_wide,
)


class Matrix(NamedTuple):
    """Weights with what Adam keeps of them.

    A dense one has rows of `width` columns, a multiple of 16; a sparse one has the live weights of each row.
    """

    rows: int
    columns: int
    width: int
    gates: int
    """Units are rows / gates; the rows of a gate lie one below the other."""
    dense: bool
    values: NDArray[np.float32]
    mask: NDArray[np.uint8]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    gradient: NDArray[np.float32]
    start: NDArray[np.int64]
    column: NDArray[np.int32]
    down: NDArray[np.float32]
    """A dense one by blocks of 16 rows, (blocks, columns, 16); rewritten by `arrange`."""
    up: NDArray[np.float32]
    """Likewise by blocks of 16 columns, (blocks, rows, 16)."""


class Gradients(NamedTuple):
    """Scratch of the gradients of dense matrices."""

    turned: NDArray[np.float32]
    """Sources, samples of all steps by columns."""
    chosen: NDArray[np.int32]
    """Samples that count for each unit."""
    deltas: NDArray[np.float32]
    """Their deltas."""
    start: NDArray[np.int64]
    """Where the samples of each step and unit begin."""


@kernel
def arrange(matrix):
    """Write the blocks of a dense matrix anew, from its values."""
    if not matrix.dense:
        return
    rows, columns, width = matrix.rows, matrix.columns, matrix.width
    for j in range(rows):
        for block in range(width // LANES):
            at = j * width + block * LANES
            store(matrix.up, (block * rows + j) * LANES, load(matrix.values, at))
    whole = rows // LANES if columns == width else 0
    for tile in range(whole):
        for block in range(width // LANES):
            at = tile * LANES * width + block * LANES
            transpose(matrix.values, at, width, matrix.down, (tile * columns + block * LANES) * LANES, LANES)
    for j in range(whole * LANES, rows):
        tile, r = j // LANES, j % LANES
        for k in range(columns):
            matrix.down[tile, k, r] = matrix.values[j * width + k]


@kernel
def product(matrix, source, chosen, count, out):
    """Put matrix times source into `out`.

    Parameters
    ----------
    source : float32 of shape (groups, units, 16), at least as many units as columns.
    chosen, count : int32 of shape (groups, columns or more) and int64 of (groups,): the units that are not silent.
    out : float32 of shape (groups, rows or more, 16), a multiple of 16 rows.
    """
    groups, below, above = source.shape[0], source.shape[1], out.shape[1]
    if matrix.dense:
        for tile in range(matrix.down.shape[0]):
            panel = tile * matrix.columns * LANES
            for b in range(groups):
                put_rows(
                    matrix.down,
                    panel,
                    source,
                    b * below * LANES,
                    chosen,
                    b * chosen.shape[1],
                    count[b],
                    out,
                    (b * above + tile * LANES) * LANES,
                )
        return
    for b in range(0, groups, 2):
        # two groups share a weight; the second of an odd last one is the same again
        second = min(b + 1, groups - 1)
        at, apart = b * below * LANES, (second - b) * below * LANES
        for j in range(matrix.rows):
            one, other = splat(np.float32(0.0)), splat(np.float32(0.0))
            for p in range(matrix.start[j], matrix.start[j + 1]):
                weight, place = spread(matrix.values, p), at + matrix.column[p] * LANES
                one = fused(weight, load(source, place), one)
                other = fused(weight, load(source, place + apart), other)
            store(out, (b * above + j) * LANES, one)
            store(out, (second * above + j) * LANES, other)


@kernel
def add_transposed(matrix, delta, chosen, count, out):
    """Add transposed matrix times delta to `out`.

    Parameters
    ----------
    delta : float32 of shape (groups, rows or more, 16).
    chosen, count : the rows of delta that are not zero.
    out : float32 of shape (groups, columns or more, 16), a multiple of 16 columns.
    """
    groups, above, below = delta.shape[0], delta.shape[1], out.shape[1]
    if matrix.dense:
        for block in range(matrix.up.shape[0]):
            panel = block * matrix.rows * LANES
            for b in range(groups):
                add_rows(
                    matrix.up,
                    panel,
                    delta,
                    b * above * LANES,
                    chosen,
                    b * chosen.shape[1],
                    count[b],
                    out,
                    (b * below + block * LANES) * LANES,
                )
        return
    for b in range(groups):
        to = b * below * LANES
        for n in range(count[b]):
            j = chosen[b, n]
            d = load(delta, (b * above + j) * LANES)
            for p in range(matrix.start[j], matrix.start[j + 1]):
                at = to + matrix.column[p] * LANES
                store(out, at, fused(spread(matrix.values, p), d, load(out, at)))


@kernel
def add_gradient(matrix, delta, on, source):
    """Add the gradient of one step to a sparse matrix: delta times transposed source, at the live weights.

    Parameters
    ----------
    delta, source : of one step, float32 of shape (groups, rows or columns or more, 16).
    on : int64 of shape (units,), bit b set where any delta of the unit may differ from zero in group b.
    """
    above, below = delta.shape[1], source.shape[1]
    units = matrix.rows // matrix.gates
    delta_at, source_at = np.empty(64, np.int64), np.empty(64, np.int64)
    for u in range(units):
        left, many = on[u], 0
        while left != 0:
            b = lowest(left)
            delta_at[many], source_at[many] = b * above * LANES, b * below * LANES
            left &= left - 1
            many += 1
        if many == 0:
            continue
        for gate in range(matrix.gates):
            j = gate * units + u
            last = matrix.start[j + 1]
            for p in range(matrix.start[j], last, 2):
                # two weights share a delta; the second of an odd last one is the same again
                k, q = matrix.column[p], matrix.column[min(p + 1, last - 1)]
                one, other = splat(np.float32(0.0)), splat(np.float32(0.0))
                for n in range(many):
                    d, at = load(delta, delta_at[n] + j * LANES), source_at[n]
                    one = fused(d, load(source, at + k * LANES), one)
                    other = fused(d, load(source, at + q * LANES), other)
                matrix.gradient[p] += total(one)
                if p + 1 < last:
                    matrix.gradient[p + 1] += total(other)


@kernel
def whole_gradient(matrix, delta, shown, hidden, source, scratch):
    """The gradient of a dense matrix from all steps together.

    Parameters
    ----------
    delta, source : float32 of shape (steps, groups, units, 16).
    shown : activity of the rows' units, where a delta of zero follows from an activity of zero, of the shape of delta
        but for its units.
    hidden : whether it does.
    """
    turned, chosen, deltas, start = scratch
    steps, groups = delta.shape[0], delta.shape[1]
    below, width, gates = source.shape[2], matrix.width, matrix.gates
    gated = gates == 3
    # rows that are summed together: those of a unit, or eight of them
    together = gates if gated else EIGHT
    units = matrix.rows // gates if gated else -(-matrix.rows // EIGHT)
    samples = groups * LANES
    whole = steps * samples
    wide = WIDE * LANES if gated else LANES
    for t in range(steps):
        for b in range(groups):
            tile = t * groups + b
            for block in range(width // LANES):
                k = block * LANES
                across = wide if k // wide * wide + wide <= width else LANES
                first = k // across * across
                at = (tile * below + k) * LANES
                transpose(source, at, LANES, turned, whole * first + tile * LANES * across + k - first, across)
    many = 0
    full = (np.int64(1) << LANES) - 1
    for t in range(steps):
        for u in range(units):
            start[t * units + u] = many
            for b in range(groups):
                bits = full
                if hidden:
                    bits = bits_on(load(shown, ((t * groups + b) * shown.shape[2] + u) * LANES))
                while bits != 0:
                    s = lowest(bits)
                    bits &= bits - 1
                    chosen[many] = b * LANES + s
                    for r in range(together):
                        j = r * units + u if gated else u * EIGHT + r
                        deltas[many * together + r] = delta[t, b, j, s] if j < matrix.rows else np.float32(0.0)
                    many += 1
    start[steps * units] = many
    gradient = matrix.gradient
    gradient[:] = np.float32(0.0)
    apart, k = units * width if gated else width, 0
    while k < width:
        across = wide if k + wide <= width else LANES
        # the sources of one step and block stay in the first cache
        for t in range(steps):
            source_at = whole * k + t * samples * across
            for u in range(units):
                begin, end, to = start[t * units + u], start[t * units + u + 1], (u if gated else u * EIGHT) * width + k
                if begin == end:
                    continue
                if not gated:
                    eight_narrow(turned, source_at, across, chosen, deltas, begin, end, gradient, to, apart)
                elif across == wide:
                    three_wide(turned, source_at, across, chosen, deltas, begin, end, gradient, to, apart)
                else:
                    three_narrow(turned, source_at, across, chosen, deltas, begin, end, gradient, to, apart)
        k += across


@kernel
def all_of(chosen, count, units):
    """Let every one of so many units count in every group."""
    for b in range(count.size):
        count[b] = units
        for n in range(units):
            chosen[b, n] = n


@kernel
def not_silent(activity, units, chosen, count, on):
    """Which units are not zero in a group, in order, and for each unit the groups as bits.

    Parameters
    ----------
    activity : float32 of shape (groups, units or more, 16), nowhere negative.
    """
    on[:] = 0
    for b in range(activity.shape[0]):
        many = 0
        for u in range(units):
            if bits_on(load(activity, (b * activity.shape[1] + u) * LANES)) != 0:
                chosen[b, many] = u
                many += 1
                on[u] |= np.int64(1) << b
        count[b] = many
