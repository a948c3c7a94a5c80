"""Blocks of a product that are kept in registers: the inner loops of dense recurrent layers, written by the register.

Samples stand in groups of 16, one vector each, so that a unit that is silent for a whole group is left out of the
products of that group. A block has 16 sums: each number of the source is read once for all of them.
"""

# ruff: noqa: ARG001 (a typed instruction names its arguments for the kernels that call it)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import make_array

from resynapse.engine.compiled.kernels.lanes import LANES, instruction, splat_value, vector_at

_FLAGS = ("contract", "nsz", "reassoc")
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
EIGHT = 8
"""Rows whose gradient is summed together where units have no gates."""
WIDE = 4
"""Vectors of sources that a block of gradients covers at a time."""


def _number(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = make_array(array_type)(context, builder, array).data
    return builder.load(cgutils.gep_inbounds(builder, data, at))


def _as_place(builder: Any, value: Any) -> Any:
    return value if value.type.width == 64 else builder.sext(value, ir.IntType(64))


def _product(*, fresh: bool) -> Any:
    """A typed instruction: 16 rows of a product for one group of samples."""

    def typed(
        _context: Any,
        panel: Any,
        panel_at: Any,
        source: Any,
        source_at: Any,
        chosen: Any,
        chosen_at: Any,
        count: Any,
        out: Any,
        out_at: Any,
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            panel, panel_at, source, source_at, chosen, chosen_at, count, out, out_at = arguments
            kinds = signature.args
            rows = [builder.add(out_at, ir.Constant(out_at.type, r * LANES)) for r in range(LANES)]
            targets = [vector_at(context, builder, kinds[7], out, at, _VECTOR) for at in rows]
            zero = ir.Constant(_VECTOR, [0.0] * LANES)
            begin = [zero if fresh else builder.load(target, align=4) for target in targets]
            sums = [cgutils.alloca_once_value(builder, value) for value in begin]
            with cgutils.for_range(builder, count) as loop:
                unit = _number(context, builder, kinds[4], chosen, builder.add(chosen_at, loop.index))
                first = builder.mul(_as_place(builder, unit), ir.Constant(ir.IntType(64), LANES))
                of = vector_at(context, builder, kinds[2], source, builder.add(source_at, first), _VECTOR)
                value = builder.load(of, align=4)
                for r, total in enumerate(sums):
                    at = builder.add(builder.add(panel_at, first), ir.Constant(ir.IntType(64), r))
                    weight = splat_value(builder, _VECTOR, _number(context, builder, kinds[0], panel, at))
                    term = builder.fmul(weight, value, flags=_FLAGS)
                    builder.store(builder.fadd(builder.load(total), term, flags=_FLAGS), total)
            for target, total in zip(targets, sums, strict=True):
                builder.store(builder.load(total), target, align=4)
            return context.get_dummy_value()

        size = types.intp
        return types.void(panel, size, source, size, chosen, size, size, out, size), code

    typed.__doc__ = f"""16 rows of a product for one group of samples, {"put" if fresh else "added"} from `out_at` on.

    Parameters
    ----------
    panel : weights, 16 for each unit of the source, from flat place `panel_at` on.
    source : 16 samples for each unit, from flat place `source_at` on.
    chosen : the `count` units that count, int32, from `chosen_at` on.
    """
    return instruction(typed)


put_rows = _product(fresh=True)
add_rows = _product(fresh=False)


def _gradient(gates: int, vectors: int) -> Any:
    """A typed instruction: the gradient of `gates` rows by 16 * `vectors` columns, over chosen samples."""

    def typed(
        _context: Any,
        source: Any,
        source_at: Any,
        stride: Any,
        chosen: Any,
        deltas: Any,
        begin: Any,
        end: Any,
        out: Any,
        out_at: Any,
        out_stride: Any,
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, source_at, stride, chosen, deltas, begin, end, out, out_at, out_stride = arguments
            kinds = signature.args

            def shift(v: int) -> Any:
                return ir.Constant(ir.IntType(64), v * LANES)

            targets = []
            for _ in range(gates):
                targets += [
                    vector_at(context, builder, kinds[7], out, builder.add(out_at, shift(v)), _VECTOR)
                    for v in range(vectors)
                ]
                out_at = builder.add(out_at, out_stride)
            sums = [cgutils.alloca_once_value(builder, builder.load(target, align=4)) for target in targets]
            with cgutils.for_range(builder, builder.sub(end, begin)) as loop:
                n = builder.add(begin, loop.index)
                sample = _as_place(builder, _number(context, builder, kinds[3], chosen, n))
                at = builder.add(source_at, builder.mul(sample, stride))
                values = [
                    builder.load(
                        vector_at(context, builder, kinds[0], source, builder.add(at, shift(v)), _VECTOR), align=4
                    )
                    for v in range(vectors)
                ]
                first = builder.mul(n, ir.Constant(ir.IntType(64), gates))
                for g in range(gates):
                    one = builder.add(first, ir.Constant(ir.IntType(64), g))
                    delta = splat_value(builder, _VECTOR, _number(context, builder, kinds[4], deltas, one))
                    for v, value in enumerate(values):
                        total = sums[g * vectors + v]
                        term = builder.fmul(delta, value, flags=_FLAGS)
                        builder.store(builder.fadd(builder.load(total), term, flags=_FLAGS), total)
            for target, total in zip(targets, sums, strict=True):
                builder.store(builder.load(total), target, align=4)
            return context.get_dummy_value()

        size = types.intp
        return types.void(source, size, size, chosen, deltas, size, size, out, size, size), code

    typed.__doc__ = f"""Add the gradient of {gates} rows by {LANES * vectors} columns to `out`.

    Parameters
    ----------
    source : samples by units, `stride` apart, from flat place `source_at` on.
    chosen : numbers of the samples that count, int32; those from `begin` to `end` are taken.
    deltas : of these samples, {gates} each, one after the other.
    out_at, out_stride : flat place of the first row, and from one row to the next.
    """
    return instruction(typed)


three_wide: Callable[..., Any] = _gradient(3, WIDE)
three_narrow: Callable[..., Any] = _gradient(3, 1)
eight_narrow: Callable[..., Any] = _gradient(EIGHT, 1)
