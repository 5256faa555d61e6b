"""Products with several short stretches of rows at once, which one by one would leave a tile empty.

The weights' gradients of a convolution of one channel: each row of taps is a stretch, of as many
rows as it has taps.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

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
    store,
)
from .multiply import multiply_transposed

# Stretches of so many rows that a tile takes at once: 9 and 25 sums in the registers.
_AT_ONCE = {3: 3, 5: 5} if AVX512 else {3: 1, 5: 1}
_OF_3, _OF_5 = _AT_ONCE[3], _AT_ONCE[5]


def _multiply(rows: int, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
    """A tile of 16 columns: c[s, r, :] += sum over k of a[s, k + r] times b[k, :]."""
    a, b, c = (
        pointer(context, builder, signature.args[i], arguments[i], arguments[i + 1])
        for i in (0, 4, 7)
    )
    a_stride, a_jump, b_stride, c_stride, c_jump, steps = (
        arguments[i] for i in (2, 3, 6, 9, 10, 11)
    )
    stretches = _AT_ONCE[rows]
    addresses = [a]
    for _ in range(stretches - 1):
        addresses.append(at(builder, addresses[-1], a_jump))

    def step(here: list[Any], tile: list[Any]) -> list[Any]:
        column = load(builder, here[-1])
        return [
            multiply_add(builder, broadcast(builder, here[k // rows], k % rows), column, total)
            for k, total in enumerate(tile)
        ]

    strides = [*[a_stride] * stretches, b_stride]
    tile = loop(builder, steps, 1, [*addresses, b], strides, [ZERO] * (stretches * rows), step)
    for s in range(stretches):
        row = c
        for value in tile[s * rows : (s + 1) * rows]:
            store(builder, builder.fadd(load(builder, row), value), row)
            row = at(builder, row, c_stride)
        c = at(builder, c, c_jump)


@intrinsic
def _tile(_context, a, a0, a_stride, a_jump, b, b0, b_stride, c, c0, c_stride, c_jump, steps, rows):
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        three = builder.icmp_signed("==", arguments[-1], index(3))
        with builder.if_else(three) as (of_3, of_5):
            with of_3:
                _multiply(3, context, builder, signature, arguments)
            with of_5:
                _multiply(5, context, builder, signature, arguments)
        return context.get_dummy_value()

    n = types.intp
    return types.void(a, n, n, n, b, n, n, c, n, n, n, n, n), generate


@compiled()
def multiply_stretches(
    a,
    a0,
    a_stride,
    a_jump,
    b,
    b0,
    b_stride,
    c,
    c0,
    c_stride,
    c_jump,
    stretches,
    rows,
    columns,
    steps,
):
    """c (stretches, rows, columns) += a (stretches, steps, rows) b (steps, columns).

    Stretches begin a_jump apart in a, c_jump in c, where rows up to the next multiple of 16 must
    exist.
    """
    at_once = _OF_3 if rows == 3 else _OF_5
    done = stretches // at_once * at_once if rows in (3, 5) else 0
    for s in range(0, done, at_once):
        a_here, c_here = a0 + s * a_jump, c0 + s * c_jump
        for k in range(0, columns, LANES):
            _tile(
                a,
                a_here,
                a_stride,
                a_jump,
                b,
                b0 + k,
                b_stride,
                c,
                c_here + k,
                c_stride,
                c_jump,
                steps,
                rows,
            )
    for s in range(done, stretches):
        a_here, c_here = a0 + s * a_jump, c0 + s * c_jump
        multiply_transposed(
            a, a_here, a_stride, b, b0, b_stride, c, c_here, c_stride, rows, columns, steps, False
        )
