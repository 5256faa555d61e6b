"""The SIMD building blocks of convolution, emitted as LLVM vector instructions.

A vector is always 16 floats; LLVM maps it to one AVX-512, two AVX or four NEON/SSE registers. All
functions take flat float32 arrays and an element offset for each, and check no bounds.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiler import cpu_features

LANES = 16
# Rows of a register tile: 24 accumulators of one AVX-512 register, or 6 of two AVX registers, leave
# registers for a row of b and a broadcast; more would spill.
TILE = 24 if "+avx512f" in cpu_features()[1] else 6
# The depth of a panel: 24 rows of it fit the first-level cache beside a panel of weights. It
# is also the longest float32 sum taken in one go; deeper sums add such parts, which rounds less.
DEPTH = 96
# Floats from one row of a panel to the next: room for the overshoot of copy_run, and no power of
# two, so that rows do not compete for the same cache sets.
STRIDE = DEPTH + 2 * LANES

_FLOAT = ir.FloatType()
_FLOAT_BYTES = 4
_INDEX = ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_ZERO = ir.Constant(_VECTOR, [0.0] * LANES)


def _index(value: int) -> ir.Constant:
    return ir.Constant(_INDEX, value)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [start])


def _as_vectors(builder: Any, pointer: Any) -> Any:
    return builder.bitcast(pointer, _VECTOR.as_pointer())


def _load(builder: Any, pointer: Any, offset: int) -> Any:
    return builder.load(
        _as_vectors(builder, builder.gep(pointer, [_index(offset)])), align=_FLOAT_BYTES
    )


def _store(builder: Any, value: Any, pointer: Any, offset: int) -> None:
    target = _as_vectors(builder, builder.gep(pointer, [_index(offset)]))
    builder.store(value, target, align=_FLOAT_BYTES)


def _broadcast(builder: Any, pointer: Any, offset: int) -> Any:
    """The float at pointer + offset in every lane."""
    scalar = builder.load(builder.gep(pointer, [_index(offset)]), align=_FLOAT_BYTES)
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, lanes)


def _multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, fused where the CPU can."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    name = f"llvm.fmuladd.v{LANES}f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _loop(
    builder: Any,
    count: Any,
    step: int,
    pointers: list[Any],
    strides: list[int],
    values: list[Any],
    body: Callable[[list[Any], list[Any]], list[Any]],
) -> list[Any]:
    """Run body(pointers, values) -> values for 0, step, ... < count, striding the pointers."""
    function, before = builder.function, builder.block
    test = function.append_basic_block("test")
    inside = function.append_basic_block("inside")
    after = function.append_basic_block("after")
    builder.branch(test)
    builder.position_at_end(test)
    carried = []
    for start in [_index(0), *pointers, *values]:
        phi = builder.phi(start.type)
        phi.add_incoming(start, before)
        carried.append(phi)
    counter, here, state = carried[0], carried[1 : 1 + len(pointers)], carried[1 + len(pointers) :]
    builder.cbranch(builder.icmp_signed("<", counter, count), inside, after)
    builder.position_at_end(inside)
    updated = body(here, state)
    advanced = [
        builder.gep(pointer, [_index(stride)])
        for pointer, stride in zip(here, strides, strict=True)
    ]
    for phi, value in zip(
        carried, [builder.add(counter, _index(step)), *advanced, *updated], strict=True
    ):
        phi.add_incoming(value, builder.block)
    builder.branch(test)
    builder.position_at_end(after)
    return state


def _multiply(row_stride: int, step_stride: int) -> Callable[..., Any]:
    """The code of c[r, :] += sum over k < steps of a[r row_stride + k step_stride] b[k, :]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = (
            _pointer(context, builder, signature.args[i], arguments[i], arguments[i + 1])
            for i in (0, 2, 4)
        )

        def body(pointers: list[Any], tile: list[Any]) -> list[Any]:
            weights = _load(builder, pointers[1], 0)
            return [
                _multiply_add(builder, _broadcast(builder, pointers[0], r * row_stride), weights, t)
                for r, t in enumerate(tile)
            ]

        zeros = [_ZERO] * TILE
        tile = _loop(builder, arguments[6], 1, [a, b], [step_stride, LANES], zeros, body)
        for r, value in enumerate(tile):
            _store(builder, builder.fadd(_load(builder, c, r * LANES), value), c, r * LANES)
        return context.get_dummy_value()

    return generate


def _three_arrays(a: Any, b: Any, c: Any) -> Any:
    return types.void(a, types.intp, b, types.intp, c, types.intp, types.intp)


@intrinsic
def multiply_rows(_context, a, a_start, b, b_start, c, c_start, steps):  # type: ignore
    """c (TILE, 16) += a (TILE, steps; row stride STRIDE) b (steps, 16)."""
    return _three_arrays(a, b, c), _multiply(STRIDE, 1)


@intrinsic
def multiply_columns(_context, a, a_start, b, b_start, c, c_start, steps):  # type: ignore
    """c (TILE, 16) += a^T b, for a (steps, TILE; row stride STRIDE) and b (steps, 16)."""
    return _three_arrays(a, b, c), _multiply(1, STRIDE)


@intrinsic
def sum_rows(_context, c, c_start, b, b_start, steps):  # type: ignore
    """c (16,) += sum over the rows of b (steps, 16)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        source = _pointer(context, builder, signature.args[2], arguments[2], arguments[3])

        def body(pointers: list[Any], total: list[Any]) -> list[Any]:
            return [builder.fadd(total[0], _load(builder, pointers[0], 0))]

        (total,) = _loop(builder, arguments[4], 1, [source], [LANES], [_ZERO], body)
        _store(builder, builder.fadd(_load(builder, target, 0), total), target, 0)
        return context.get_dummy_value()

    return types.void(c, types.intp, b, types.intp, types.intp), generate


@intrinsic
def copy_run(_context, target, target_start, source, source_start, length):  # type: ignore
    """target[:length] = source[:length] by whole vectors: may read and write 15 floats beyond."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        start = _pointer(context, builder, signature.args[2], arguments[2], arguments[3])

        def body(pointers: list[Any], _: list[Any]) -> list[Any]:
            _store(builder, _load(builder, pointers[1], 0), pointers[0], 0)
            return []

        _loop(builder, arguments[4], LANES, [to, start], [LANES, LANES], [], body)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate
