"""Compiled products with dense weights: blocks of the result stay in registers.

Every sum runs over its terms in their order, whatever the block's size, so processors with longer and shorter vectors
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

_FLAGS = ("contract", "nsz")
"""Without leave to reorder: the promise above is the compiler's too."""
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
ROWS = np.int64(6)
WIDE = np.int64(4 if llvm.get_host_cpu_features().get("avx512f", False) else 1)
"""Vectors in a block: with six rows, as many sums as registers hold."""


def _block(rows: int, across: int) -> Any:
    """A typed instruction: `rows` rows of a product, 16 * `across` numbers of each."""

    def typed(
        _context: Any,
        factors: Any,
        at: Any,
        row_step: Any,
        step: Any,
        terms: Any,
        source: Any,
        source_at: Any,
        source_step: Any,
        out: Any,
        out_at: Any,
        out_step: Any,
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            factors, at, row_step, step, terms, source, source_at, source_step, out, out_at, out_step = arguments
            kinds = signature.args

            def size(n: int) -> Any:
                return ir.Constant(ir.IntType(64), n)

            def place(kind: Any, array: Any, base: Any, vector: int) -> Any:
                return vector_at(context, builder, kind, array, builder.add(base, size(vector * LANES)), _VECTOR)

            data = make_array(kinds[0])(context, builder, factors).data
            begins = [builder.add(at, builder.mul(row_step, size(r))) for r in range(rows)]
            zero = ir.Constant(_VECTOR, [0.0] * LANES)
            sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(across)] for _ in range(rows)]
            with cgutils.for_range(builder, terms) as loop:
                base = builder.add(builder.mul(loop.index, source_step), source_at)
                here = builder.mul(loop.index, step)
                values = [builder.load(place(kinds[5], source, base, v), align=4) for v in range(across)]
                for begin, row in zip(begins, sums, strict=True):
                    one = builder.load(cgutils.gep_inbounds(builder, data, builder.add(begin, here)))
                    factor = splat_value(builder, _VECTOR, one)
                    for value, total in zip(values, row, strict=True):
                        term = builder.fmul(factor, value, flags=_FLAGS)
                        builder.store(builder.fadd(builder.load(total), term, flags=_FLAGS), total)
            for row in sums:
                for v, total in enumerate(row):
                    builder.store(builder.load(total), place(kinds[8], out, out_at, v), align=4)
                out_at = builder.add(out_at, out_step)
            return context.get_dummy_value()

        n = types.intp
        return types.void(factors, n, n, n, n, source, n, n, out, n, n), code

    typed.__doc__ = f"""{rows} rows of a product, {LANES * across} numbers of each, to flat place `out_at` of `out`.

    Parameters
    ----------
    factors : term t of row r stands at flat place at + r * row_step + t * step; there are `terms`.
    source : what a term is multiplied by begins at flat place source_at + t * source_step.
    """
    return instruction(typed)


_six_wide, _six_narrow = _block(int(ROWS), int(WIDE)), _block(int(ROWS), 1)
_one_wide, _one_narrow = _block(1, int(WIDE)), _block(1, 1)


@part
def dense_product(out, width, factors, at, row_step, step, terms, source, source_step):
    """Out = F S, of shapes (rows, `width` or more), (rows, terms) and (terms, `width` or more).

    Parameters
    ----------
    width : a multiple of 16; what stands in `out` beyond is left alone.
    factors, at, row_step, step : F lies in an array of one dimension; element (r, t) at at + r * row_step + t * step.
    source : S, its rows `source_step` apart.
    """
    rows, out_step = out.shape[0], out.shape[1]
    whole, wide = rows - rows % ROWS, width - width % (WIDE * LANES)
    for j in range(0, whole, ROWS):
        f, o = at + j * row_step, j * out_step
        for s in range(0, wide, WIDE * LANES):
            _six_wide(factors, f, row_step, step, terms, source, s, source_step, out, o + s, out_step)
        for s in range(wide, width, LANES):
            _six_narrow(factors, f, row_step, step, terms, source, s, source_step, out, o + s, out_step)
    for j in range(whole, rows):
        f, o = at + j * row_step, j * out_step
        for s in range(0, wide, WIDE * LANES):
            _one_wide(factors, f, row_step, step, terms, source, s, source_step, out, o + s, out_step)
        for s in range(wide, width, LANES):
            _one_narrow(factors, f, row_step, step, terms, source, s, source_step, out, o + s, out_step)
