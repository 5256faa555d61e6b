"""The register tile behind every product: c (rows, 16 or 32) = or += a (rows, k) b (k, 16 or 32).

A tile of sums stays in the registers while k runs: each step loads one or two vectors of b, and
multiplies them by one number of a for each row, broadcast (Goto & van de Geijn 2008). a may also be
read transposed, (k, rows). Rows come in whole tiles; the caller pads.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..machine.compiler import compiled
from ..machine.vector import (
    AVX512,
    LANES,
    ZERO,
    at,
    broadcast,
    index,
    load,
    loop,
    multiply_add,
    pointer,
    prefetch,
    store,
)

# Vectors and rows of a tile, as many as the registers hold: 32 of AVX-512, elsewhere 16 half as
# wide or less. Transposed tiles have rows that divide 16, as channels are padded to that.
VECTORS = 2 if AVX512 else 1
ROWS_WIDE, _ROWS_NARROW = (12, 24) if AVX512 else (6, 6)
_COLUMNS, _COLUMNS_NARROW = (8, 16) if AVX512 else (4, 4)
_SHORT = 4 if AVX512 else 6  # rows of a wide tile for what is left
WIDTH = VECTORS * LANES  # columns of c that a tile computes at most
ROWS = _ROWS_NARROW  # of a whole number of tiles, wide or narrow


def _rows_of_a(
    builder: Any, a: Any, stride: Any, rows: int
) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Addresses, and for each row the number of one and an offset from it.

    One address serves three rows: x86 adds a stride, or twice it, to an address for free.
    """
    addresses = [a]
    for _ in range((rows - 1) // 3):
        addresses.append(at(builder, addresses[-1], builder.mul(stride, index(3))))
    offsets = (0, stride, builder.shl(stride, index(1)))
    return addresses, [(r // 3, offsets[r % 3]) for r in range(rows)]


def _multiply(rows: int, vectors: int, *, transposed: bool) -> Callable[..., Any]:
    """The code of a tile: c[r, :] = or += sum over k of a[r, k], or a[k, r], times b[k, :]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = (
            pointer(context, builder, signature.args[i], arguments[i], arguments[i + 1])
            for i in (0, 3, 6)
        )
        a_stride, b_stride, c_stride = (arguments[i] for i in (2, 5, 8))
        steps, runs, run_stride, fresh = arguments[9:]
        if transposed:
            addresses, places, a_step = [a], [(0, r) for r in range(rows)], a_stride
        else:
            addresses, places = _rows_of_a(builder, a, a_stride, rows)
            a_step = index(1)

        def step(here: list[Any], tile: list[Any]) -> list[Any]:
            columns = [load(builder, here[-1], v * LANES) for v in range(vectors)]
            if transposed:
                prefetch(builder, here[0], LANES)
                for v in range(vectors):
                    prefetch(builder, here[-1], (v + vectors) * LANES)
            updated = []
            for r, (which, offset) in enumerate(places):
                factor = broadcast(builder, here[which], offset)
                for v, column in enumerate(columns):
                    total = tile[r * vectors + v]
                    updated.append(multiply_add(builder, factor, column, total))
            return updated

        def run(here: list[Any], tile: list[Any]) -> list[Any]:
            strides = [*[a_step] * len(addresses), b_stride]
            return loop(builder, steps, 1, here, strides, tile, step)

        row = c
        for _ in range(rows if transposed else 0):
            for v in range(vectors):
                prefetch(builder, row, v * LANES)
            row = at(builder, row, c_stride)
        zeros = [ZERO] * (rows * vectors)
        strides = [*[run_stride] * len(addresses), builder.mul(steps, b_stride)]
        tile = loop(builder, runs, 1, [*addresses, b], strides, zeros, run)

        def write(*, add: bool) -> None:
            row = c
            for r in range(rows):
                for v, value in enumerate(tile[r * vectors : (r + 1) * vectors]):
                    before = load(builder, row, v * LANES) if add else ZERO
                    store(builder, builder.fadd(before, value) if add else value, row, v * LANES)
                row = at(builder, row, c_stride)

        with builder.if_else(fresh) as (yes, no):
            with yes:
                write(add=False)
            with no:
                write(add=True)
        return context.get_dummy_value()

    return generate


def _signature(a: Any, b: Any, c: Any) -> Any:
    n = types.intp
    return types.void(a, n, n, b, n, n, c, n, n, n, n, n, types.boolean)


@intrinsic
def _wide(
    _context, a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, steps, runs, run_stride, fresh
):
    return _signature(a, b, c), _multiply(ROWS_WIDE, VECTORS, transposed=False)


@intrinsic
def _wide_short(
    _context, a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, steps, runs, run_stride, fresh
):
    return _signature(a, b, c), _multiply(_SHORT, VECTORS, transposed=False)


@intrinsic
def _narrow(
    _context, a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, steps, runs, run_stride, fresh
):
    return _signature(a, b, c), _multiply(_ROWS_NARROW, 1, transposed=False)


@intrinsic
def _wide_transposed(
    _context, a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, steps, runs, run_stride, fresh
):
    return _signature(a, b, c), _multiply(_COLUMNS, VECTORS, transposed=True)


@intrinsic
def _narrow_transposed(
    _context, a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, steps, runs, run_stride, fresh
):
    return _signature(a, b, c), _multiply(_COLUMNS_NARROW, 1, transposed=True)


@compiled()
def multiply(
    a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, rows, columns, steps, runs, run_stride, fresh
):
    """c (rows, columns) = (or +=, unless `fresh`) a (rows, k) b (k, columns), k = runs * steps.

    Flat arrays, their first elements and row strides. A row of a is `runs` stretches of `steps`
    numbers, which begin run_stride apart. Columns are 16 or WIDTH. Whole tiles are read and
    written: rows up to the next multiple of ROWS must exist in a and c.
    """
    if columns > LANES:
        whole = (rows + ROWS_WIDE - 1 - 2 * _SHORT) // ROWS_WIDE * ROWS_WIDE
        for r in range(0, whole, ROWS_WIDE):
            a_row, c_row = a0 + r * a_stride, c0 + r * c_stride
            _wide(
                a,
                a_row,
                a_stride,
                b,
                b0,
                b_stride,
                c,
                c_row,
                c_stride,
                steps,
                runs,
                run_stride,
                fresh,
            )
        for r in range(whole, rows, _SHORT):
            a_row, c_row = a0 + r * a_stride, c0 + r * c_stride
            _wide_short(
                a,
                a_row,
                a_stride,
                b,
                b0,
                b_stride,
                c,
                c_row,
                c_stride,
                steps,
                runs,
                run_stride,
                fresh,
            )
    else:
        for r in range(0, rows, _ROWS_NARROW):
            a_row, c_row = a0 + r * a_stride, c0 + r * c_stride
            _narrow(
                a,
                a_row,
                a_stride,
                b,
                b0,
                b_stride,
                c,
                c_row,
                c_stride,
                steps,
                runs,
                run_stride,
                fresh,
            )


@compiled()
def multiply_channels(a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, columns, steps, fresh):
    """The same with a (steps, 16), read transposed."""
    if columns > LANES:
        for r in range(0, LANES, _COLUMNS):
            c_row = c0 + r * c_stride
            _wide_transposed(
                a, a0 + r, a_stride, b, b0, b_stride, c, c_row, c_stride, steps, 1, 0, fresh
            )
    else:
        for r in range(0, LANES, _COLUMNS_NARROW):
            c_row = c0 + r * c_stride
            _narrow_transposed(
                a, a0 + r, a_stride, b, b0, b_stride, c, c_row, c_stride, steps, 1, 0, fresh
            )


@compiled()
def multiply_transposed(
    a, a0, a_stride, b, b0, b_stride, c, c0, c_stride, rows, columns, steps, fresh
):
    """The same with a (steps, rows), whose rows up to the next multiple of 16 must exist."""
    for r in range(0, rows, LANES):
        c_row = c0 + r * c_stride
        multiply_channels(
            a, a0 + r, a_stride, b, b0, b_stride, c, c_row, c_stride, columns, steps, fresh
        )
