"""Compiled product of dense weights with a tile: blocks of the result stay in registers.

Every sum runs over the inputs in their order, whatever the block's size, so processors with longer and shorter vectors
give the same numbers, which a BLAS does not (and its choice for some processors uses half of their vectors).
"""

# ruff: noqa: ARG001 (a typed instruction names its arguments for the kernels that call it)
from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import make_array

from resynapse.engine.compiled.kernels.jit import part
from resynapse.engine.compiled.kernels.lanes import LANES, instruction, splat_value, vector_at
from resynapse.randomness import TILE

_FLAGS = ("contract", "nsz", "reassoc")
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
ROWS = np.int64(6)
ACROSS = np.int64(4 if llvm.get_host_cpu_features().get("avx512f", False) else 1)
"""Vectors of 16 samples in a block: with six rows, as many sums as registers hold."""


def _block(rows: int, across: int) -> Any:
    """A typed instruction: `rows` rows of a product for 16 * `across` samples."""

    def typed(
        _context: Any, weights: Any, at: Any, columns: Any, source: Any, sample: Any, out: Any, out_at: Any
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            weights, at, columns, source, sample, out, out_at = arguments
            kinds = signature.args

            def size(n: int) -> Any:
                return ir.Constant(ir.IntType(64), n)

            def place(kind: Any, array: Any, base: Any, vector: int) -> Any:
                return vector_at(context, builder, kind, array, builder.add(base, size(vector * LANES)), _VECTOR)

            data = make_array(kinds[0])(context, builder, weights).data
            begins = [builder.add(at, builder.mul(columns, size(r))) for r in range(rows)]
            zero = ir.Constant(_VECTOR, [0.0] * LANES)
            sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(across)] for _ in range(rows)]
            with cgutils.for_range(builder, columns) as loop:
                base = builder.add(builder.mul(loop.index, size(TILE)), sample)
                values = [builder.load(place(kinds[3], source, base, v), align=4) for v in range(across)]
                for begin, row in zip(begins, sums, strict=True):
                    one = builder.load(cgutils.gep_inbounds(builder, data, builder.add(begin, loop.index)))
                    weight = splat_value(builder, _VECTOR, one)
                    for value, total in zip(values, row, strict=True):
                        term = builder.fmul(weight, value, flags=_FLAGS)
                        builder.store(builder.fadd(builder.load(total), term, flags=_FLAGS), total)
            for row in sums:
                for v, total in enumerate(row):
                    builder.store(builder.load(total), place(kinds[5], out, out_at, v), align=4)
                out_at = builder.add(out_at, size(TILE))
            return context.get_dummy_value()

        place = types.intp
        return types.void(weights, place, place, source, place, out, place), code

    typed.__doc__ = f"""{rows} rows of a product for {LANES * across} samples, to flat place `out_at` of `out`.

    Parameters
    ----------
    weights : row by row from flat place `at` on, `columns` each.
    source : (columns, 128); the block begins at `sample`.
    """
    return instruction(typed)


_six = _block(int(ROWS), int(ACROSS))
_one = _block(1, int(ACROSS))


@part
def dense_times(out, weights, at, source):
    """Out = W source, of shapes (rows, 128), (rows, columns) and (columns, 128); W lies in `weights` from `at` on."""
    rows, columns = out.shape[0], source.shape[0]
    whole = rows - rows % ROWS
    for j in range(0, whole, ROWS):
        for sample in range(0, TILE, ACROSS * LANES):
            _six(weights, at + j * columns, columns, source, sample, out, j * TILE + sample)
    for j in range(whole, rows):
        for sample in range(0, TILE, ACROSS * LANES):
            _one(weights, at + j * columns, columns, source, sample, out, j * TILE + sample)
