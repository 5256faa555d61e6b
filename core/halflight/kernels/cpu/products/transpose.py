"""Transposing 16 x 16 blocks of floats in registers, emitted as LLVM."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from ..machine.vector import LANES, at, load, pointer, store


@intrinsic
def transpose_block(_context, target, t0, t_stride, source, s0, s_stride):
    """target[j, i] = source[i, j] for i, j < 16; flat arrays, first elements, row strides.

    Eklundh 1972: swap the off-diagonal quarters, then those of each quarter, and so on.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        here = pointer(context, builder, signature.args[3], arguments[3], arguments[4])
        rows = []
        for _ in range(LANES):
            rows.append(load(builder, here))
            here = at(builder, here, arguments[5])
        half = LANES // 2
        while half:
            rows = _swapped(builder, rows, half)
            half //= 2
        for row in rows:
            store(builder, row, to)
            to = at(builder, to, arguments[2])
        return context.get_dummy_value()

    n = types.intp
    return types.void(target, n, n, source, n, n), generate


def _swapped(builder: Any, rows: list[Any], half: int) -> list[Any]:
    """Rows r and r + half exchange the lanes that belong to the other."""
    mask = ir.VectorType(ir.IntType(32), LANES)
    upper = [lane if not lane & half else LANES + lane - half for lane in range(LANES)]
    lower = [lane + half if not lane & half else LANES + lane for lane in range(LANES)]
    swapped = list(rows)
    for r in range(LANES):
        if not r & half:
            a, b = rows[r], rows[r + half]
            swapped[r] = builder.shuffle_vector(a, b, ir.Constant(mask, upper))
            swapped[r + half] = builder.shuffle_vector(a, b, ir.Constant(mask, lower))
    return swapped
