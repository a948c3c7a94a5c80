"""Sixteen numbers at a time: the loops of the folding kernels written by the register.

Numba leaves it to LLVM to find loops that can be done by vectors. Where several rows are read and written at once it
must first prove that none overlaps another, and sums over samples go through memory. A `Lanes` value is a vector of
16 float32 in registers (two or four of them on processors with shorter ones), so that a loop says what it keeps there.
"""

# ruff: noqa: ARG001 (a typed instruction names its arguments for the kernels that call it)
from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

LANES = 16
_LINE = 64
"""Bytes of a line of the cache: rows that begin on one are read and written without crossing into the next."""
_FLAGS = ("contract", "nsz", "reassoc")
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def zeros(*shape: int) -> NDArray[np.float32]:
    """A float32 array that begins on a line of the cache."""
    size = int(np.prod(shape))
    whole = np.zeros(size + _LINE // 4, dtype=np.float32)
    skipped = -whole.ctypes.data % _LINE // 4
    return whole[skipped : skipped + size].reshape(shape)


class Lanes(types.Type):
    """Type of a vector of 16 float32."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_lanes = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def vector_at(context: Any, builder: Any, array_type: Any, array: Any, at: Any, vector: Any) -> Any:
    """Pointer to the vector from flat place `at` of an array."""
    data = make_array(array_type)(context, builder, array).data
    return builder.bitcast(cgutils.gep_inbounds(builder, data, at), vector.as_pointer())


def splat_value(builder: Any, vector: Any, value: Any) -> Any:
    """The vector that is `value` throughout."""
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * LANES)


def instruction(function: Any) -> Any:
    """Let kernels call what `function` writes; its arguments are types, and the first is the typing context."""
    return intrinsic(function)


@instruction
def load(_context: Any, array: Any, at: Any) -> Any:
    """The 16 numbers from flat place `at` of a C-contiguous float32 array of any shape."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = vector_at(context, builder, signature.args[0], arguments[0], arguments[1], _VECTOR)
        return builder.load(place, align=4)

    return _lanes(array, types.intp), code


@instruction
def store(_context: Any, array: Any, at: Any, values: Any) -> Any:
    """Put 16 numbers to flat place `at` of a C-contiguous float32 array of any shape."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = vector_at(context, builder, signature.args[0], arguments[0], arguments[1], _VECTOR)
        builder.store(arguments[2], place, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, _lanes), code


@instruction
def load_bytes(_context: Any, array: Any, at: Any) -> Any:
    """The 16 bytes from flat place `at` of a uint8 array, as float32."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        small = ir.VectorType(ir.IntType(8), LANES)
        place = vector_at(context, builder, signature.args[0], arguments[0], arguments[1], small)
        return builder.uitofp(builder.load(place, align=1), _VECTOR)

    return _lanes(array, types.intp), code


@instruction
def splat(_context: Any, value: Any) -> Any:
    """One float32 sixteen times."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return splat_value(builder, _VECTOR, arguments[0])

    return _lanes(types.float32), code


@instruction
def spread(_context: Any, array: Any, at: Any) -> Any:
    """The number at flat place `at` of a C-contiguous float32 array sixteen times."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        return splat_value(builder, _VECTOR, builder.load(cgutils.gep_inbounds(builder, data, arguments[1])))

    return _lanes(array, types.intp), code


@instruction
def times(_context: Any, a: Any, b: Any) -> Any:
    """The product a * b."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments, flags=_FLAGS)

    return _lanes(_lanes, _lanes), code


@instruction
def plus(_context: Any, a: Any, b: Any) -> Any:
    """The sum a + b."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments, flags=_FLAGS)

    return _lanes(_lanes, _lanes), code


@instruction
def minus(_context: Any, a: Any, b: Any) -> Any:
    """The difference a - b."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.fsub(*arguments, flags=_FLAGS)

    return _lanes(_lanes, _lanes), code


@instruction
def divided(_context: Any, a: Any, b: Any) -> Any:
    """The quotient a / b."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.fdiv(*arguments, flags=_FLAGS)

    return _lanes(_lanes, _lanes), code


@instruction
def within(_context: Any, values: Any, limit: Any) -> Any:
    """`values`, not beyond -`limit` and `limit`, a float32; what is not a number stays."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        values, limit = arguments
        high = splat_value(builder, _VECTOR, limit)
        low = splat_value(builder, _VECTOR, builder.fneg(limit))
        values = builder.select(builder.fcmp_ordered(">", values, high), high, values)
        return builder.select(builder.fcmp_ordered("<", values, low), low, values)

    return _lanes(_lanes, types.float32), code


@instruction
def fused(_context: Any, a: Any, b: Any, c: Any) -> Any:
    """The sum a * b + c."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        product = builder.fmul(*arguments[:2], flags=_FLAGS)
        return builder.fadd(product, arguments[2], flags=_FLAGS)

    return _lanes(_lanes, _lanes, _lanes), code


@instruction
def total(_context: Any, values: Any) -> Any:
    """The sum of the 16 numbers, a float32."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.FloatType(), [ir.FloatType(), _VECTOR])
        reduce = cgutils.get_or_insert_function(builder.module, kind, "llvm.vector.reduce.fadd.v16f32")
        return builder.call(reduce, [ir.Constant(ir.FloatType(), 0.0), arguments[0]], fastmath=_FLAGS)

    return types.float32(_lanes), code


@instruction
def where_on(_context: Any, tested: Any, values: Any) -> Any:
    """`values` where `tested` is above zero or not a number, else zero."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        on = builder.fcmp_unordered(">", arguments[0], _constant(0.0))
        return builder.select(on, arguments[1], _constant(0.0))

    return _lanes(_lanes, _lanes), code


@instruction
def bits_on(_context: Any, values: Any) -> Any:
    """An integer whose bit n is set where the n-th number is above zero or not a number."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        on = builder.fcmp_unordered(">", arguments[0], _constant(0.0))
        return builder.zext(builder.bitcast(on, ir.IntType(LANES)), ir.IntType(64))

    return types.int64(_lanes), code


@instruction
def lowest(_context: Any, bits: Any) -> Any:
    """The number of the lowest bit that is set; there must be one."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.int64), code


@instruction
def without_small(_context: Any, values: Any, limit: Any) -> Any:
    """`values`, zero where their size is below `limit`, a float32."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        values, limit = arguments
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        size = cgutils.get_or_insert_function(builder.module, kind, "llvm.fabs.v16f32")
        small = builder.fcmp_ordered("<", builder.call(size, [values]), splat_value(builder, _VECTOR, limit))
        return builder.select(small, _constant(0.0), values)

    return _lanes(_lanes, types.float32), code


@instruction
def adam_step(_context: Any, first: Any, second: Any, rate: Any, correction: Any, epsilon: Any) -> Any:
    """What Adam takes from a weight: rate * first / (sqrt(second) * correction + epsilon)."""

    def code(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        first, second, *factors = arguments
        rate, correction, epsilon = (splat_value(builder, _VECTOR, factor) for factor in factors)
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        root = cgutils.get_or_insert_function(builder.module, kind, "llvm.sqrt.v16f32")
        scaled = builder.fmul(builder.call(root, [second]), correction, flags=_FLAGS)
        below = builder.fadd(scaled, epsilon, flags=_FLAGS)
        return builder.fdiv(builder.fmul(rate, first, flags=_FLAGS), below, flags=_FLAGS)

    return _lanes(_lanes, _lanes, types.float32, types.float32, types.float32), code


@instruction
def transpose(_context: Any, source: Any, at: Any, stride: Any, target: Any, to: Any, target_stride: Any) -> Any:
    """Copy a block of 16 x 16 float32 transposed: rows from place `at` on, `stride` apart, become columns."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, at, stride, target, to, target_stride = arguments
        rows = []
        for _ in range(LANES):
            rows.append(builder.load(vector_at(context, builder, signature.args[0], source, at, _VECTOR), align=4))
            at = builder.add(at, stride)
        half = LANES // 2
        order = [k for pair in zip(range(half), range(LANES, LANES + half), strict=True) for k in pair]
        low, high = (
            ir.Constant(ir.VectorType(ir.IntType(32), LANES), [k + shift for k in order]) for shift in (0, half)
        )
        for _ in range(4):
            # interleaving rows n and n + 8, four times over, transposes
            rows = [builder.shuffle_vector(rows[n], rows[n + half], mask) for n in range(half) for mask in (low, high)]
        for row in rows:
            builder.store(row, vector_at(context, builder, signature.args[3], target, to, _VECTOR), align=4)
            to = builder.add(to, target_stride)
        return context.get_dummy_value()

    sizes = types.intp
    return types.void(source, sizes, sizes, target, sizes, sizes), code
