"""Copies of rows: where Numba copies a slice itself, it compiles the wording of an error and a second copy with it."""

from __future__ import annotations

from resynapse.engine.compiled.kernels.jit import part


@part
def copy_row(out, values):
    """Out = values, both of shape (numbers,)."""
    for j in range(values.size):
        out[j] = values[j]


@part
def copy_columns(out, to, values, begin, end):
    """Columns `begin` to `end` of `values` become columns of `out` from `to` on."""
    for f in range(out.shape[0]):
        for s in range(begin, end):
            out[f, to + s - begin] = values[f, s]
