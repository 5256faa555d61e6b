"""Sums down the columns of a matrix, 16 at a time, emitted as LLVM.

Loops over the channels of one pixel are too short for the compiler to make good vectors of. Four
rows are summed side by side, so that no addition waits for the one before it.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..machine.compiler import compiled
from ..machine.vector import LANES, ZERO, at, index, load, loop, multiply_add, pointer, store

_SIDE_BY_SIDE = 4

Add = Callable[[Any, Any, Any], Any]


def _sum(builder: Any, x: Any, stride: Any, rows: Any, add: Add) -> Any:
    """The sum over rows, a vector of each, from address x on; add(builder, total, value)."""
    whole = builder.and_(rows, index(-_SIDE_BY_SIDE))
    offsets = [builder.mul(stride, index(k)) for k in range(_SIDE_BY_SIDE)]

    def four(here: list[Any], totals: list[Any]) -> list[Any]:
        values = (load(builder, here[0], offset) for offset in offsets)
        return [add(builder, total, v) for total, v in zip(totals, values, strict=True)]

    def one(here: list[Any], totals: list[Any]) -> list[Any]:
        return [add(builder, totals[0], load(builder, here[0]))]

    step = builder.mul(stride, index(_SIDE_BY_SIDE))
    zeros = [ZERO] * _SIDE_BY_SIDE
    totals = loop(builder, whole, _SIDE_BY_SIDE, [x], [step], zeros, four)
    rest = at(builder, x, builder.mul(whole, stride))
    (last,) = loop(builder, builder.sub(rows, whole), 1, [rest], [stride], [ZERO], one)
    first = builder.fadd(builder.fadd(totals[0], totals[1]), builder.fadd(totals[2], totals[3]))
    return builder.fadd(first, last)


@intrinsic
def _sum_vector(_context, total, t0, x, x0, stride, rows):
    """total (16,) = sums of x (rows, 16)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        here = pointer(context, builder, signature.args[2], arguments[2], arguments[3])

        def add(builder: Any, total: Any, value: Any) -> Any:
            return builder.fadd(total, value)

        store(builder, _sum(builder, here, arguments[4], arguments[5], add), to)
        return context.get_dummy_value()

    n = types.intp
    return types.void(total, n, x, n, n, n), generate


@intrinsic
def _sum_vector_of_squares(_context, total, t0, x, x0, stride, rows, mean, m0):
    """total (16,) = sums of (x - mean)^2 for x (rows, 16) and mean (16,)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        to, here, centre = (
            pointer(context, builder, kinds[i], arguments[i], arguments[i + 1]) for i in (0, 2, 6)
        )
        middle = load(builder, centre)

        def add(builder: Any, total: Any, value: Any) -> Any:
            deviation = builder.fsub(value, middle)
            return multiply_add(builder, deviation, deviation, total)

        store(builder, _sum(builder, here, arguments[4], arguments[5], add), to)
        return context.get_dummy_value()

    n = types.intp
    return types.void(total, n, x, n, n, n, mean, n), generate


@compiled()
def sum_columns(total, x):
    """total (c,) = sums over the rows of x (rows, c)."""
    rows, channels = x.shape
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        _sum_vector(total, c, x, c, channels, rows)
    for c in range(whole, channels):
        total[c] = x[0, c]
        for row in range(1, rows):
            total[c] += x[row, c]


@compiled()
def sum_squares(total, x, mean):
    """total (c,) = sums over the rows of x (rows, c) of (x - mean)^2."""
    rows, channels = x.shape
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        _sum_vector_of_squares(total, c, x, c, channels, rows, mean, c)
    for c in range(whole, channels):
        deviation = x[0, c] - mean[c]
        total[c] = deviation * deviation
        for row in range(1, rows):
            deviation = x[row, c] - mean[c]
            total[c] += deviation * deviation
