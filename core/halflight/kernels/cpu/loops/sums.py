"""Sums along a row, 16 numbers at a time in an order of their own, emitted as LLVM.

A plain loop adds one number after the other, and lets the compiler choose no other order: it may
not use SIMD. Here lane i of four vectors adds numbers i, 16 + i, 32 + i, 48 + i, and so on by 64,
the lanes are then added in pairs, and the rest of the row one by one: on every processor alike.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..machine.vector import (
    LANES,
    ZERO,
    add_lanes,
    at,
    index,
    like,
    load,
    loop,
    multiply_add,
    pointer,
)

_SIDE_BY_SIDE = 4
_STEP = _SIDE_BY_SIDE * LANES

Add = Callable[[Any, Any, list[Any]], Any]
"""add(builder, total, numbers of all arrays): the next total; of vectors, and of one number."""


def _along_a_row(builder: Any, addresses: list[Any], length: Any, add: Add) -> Any:
    whole = builder.and_(length, index(-_STEP))

    def vectors(here: list[Any], totals: list[Any]) -> list[Any]:
        return [
            add(builder, total, [load(builder, address, k * LANES) for address in here])
            for k, total in enumerate(totals)
        ]

    def number(here: list[Any], totals: list[Any]) -> list[Any]:
        return [add(builder, totals[0], [builder.load(address) for address in here])]

    steps = [index(_STEP)] * len(addresses)
    totals = loop(builder, whole, _STEP, addresses, steps, [ZERO] * _SIDE_BY_SIDE, vectors)
    pairs = builder.fadd(totals[0], totals[1]), builder.fadd(totals[2], totals[3])
    total = add_lanes(builder, builder.fadd(*pairs))
    rest = [at(builder, address, whole) for address in addresses]
    ones, left = [index(1)] * len(addresses), builder.sub(length, whole)
    (last,) = loop(builder, left, 1, rest, ones, [like(total, 0.0)], number)
    return builder.fadd(total, last)


def _sum(arrays: int, add: Callable[[Any, Any, list[Any], Any], Any]) -> Callable[..., Any]:
    """The code of a sum over elements [start, start + length) of so many arrays.

    add() is given as its last argument the one after the length, if there is one.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *given, start, length = arguments[: arrays + 2]
        rows = [
            pointer(context, builder, kind, array, start)
            for kind, array in zip(signature.args, given, strict=False)
        ]
        constant = arguments[-1]

        def of(builder: Any, total: Any, numbers: list[Any]) -> Any:
            return add(builder, total, numbers, constant)

        return _along_a_row(builder, rows, length, of)

    return generate


def _less(builder: Any, x: Any, number: Any) -> Any:
    return builder.fsub(x, like(x, number, builder))


def _size(builder: Any, x: Any) -> Any:
    kind = ir.FunctionType(x.type, [x.type])
    name = "llvm.fabs." + ("f32" if x.type == ir.FloatType() else f"v{LANES}f32")
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [x])


_N, _FLOAT = types.intp, types.float32


@intrinsic
def sum_of(_context, x, start, length):
    """The sum of x[start : start + length], as all that follow here are of such a part."""
    return _FLOAT(x, _N, _N), _sum(1, lambda b, total, row, _: b.fadd(total, row[0]))


@intrinsic
def sum_of_sizes(_context, x, start, length):
    """The sum of |x|."""
    return _FLOAT(x, _N, _N), _sum(1, lambda b, total, row, _: b.fadd(total, _size(b, row[0])))


@intrinsic
def sum_of_products(_context, x, y, start, length):
    """The sum of x y."""
    return _FLOAT(x, y, _N, _N), _sum(2, lambda b, total, row, _: multiply_add(b, *row, total))


@intrinsic
def sum_of_deviations(_context, x, start, length, centre):
    """The sum of x - centre."""

    def add(b: Any, total: Any, row: list[Any], centre: Any) -> Any:
        return b.fadd(total, _less(b, row[0], centre))

    return _FLOAT(x, _N, _N, _FLOAT), _sum(1, add)


@intrinsic
def sum_of_squared_deviations(_context, x, start, length, centre):
    """The sum of (x - centre)^2."""

    def add(b: Any, total: Any, row: list[Any], centre: Any) -> Any:
        deviation = _less(b, row[0], centre)
        return multiply_add(b, deviation, deviation, total)

    return _FLOAT(x, _N, _N, _FLOAT), _sum(1, add)


@intrinsic
def sum_of_projections(_context, scale, y, x, start, length, centre):
    """The sum of scale y (x - centre)."""

    def add(b: Any, total: Any, row: list[Any], centre: Any) -> Any:
        return multiply_add(b, b.fmul(row[0], row[1]), _less(b, row[2], centre), total)

    return _FLOAT(scale, y, x, _N, _N, _FLOAT), _sum(3, add)
