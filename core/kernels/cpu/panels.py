"""Moving panels of a wide matrix, a few vectors from each of its rows, emitted as LLVM.

Rows lie far apart in memory, which no cache foresees: the rows to come are asked for early.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from .multiply import VECTORS
from .vector import LANES, at, index, load, loop, pointer, prefetch, store

_AHEAD = 16  # rows


def _moving(*, add: bool) -> Callable[..., Any]:
    """The code of target (rows, WIDTH) = or += source."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        here = pointer(context, builder, signature.args[3], arguments[3], arguments[4])
        strides = [arguments[2], arguments[5]]
        far = builder.mul(strides[0 if add else 1], index(_AHEAD))

        def body(addresses: list[Any], _: list[Any]) -> list[Any]:
            ahead = at(builder, addresses[0 if add else 1], far)
            for v in range(VECTORS):
                prefetch(builder, ahead, v * LANES)
                value = load(builder, addresses[1], v * LANES)
                if add:
                    value = builder.fadd(load(builder, addresses[0], v * LANES), value)
                store(builder, value, addresses[0], v * LANES)
            return []

        loop(builder, arguments[6], 1, [to, here], strides, [], body)
        return context.get_dummy_value()

    return generate


def _signature(target: Any, source: Any) -> Any:
    n = types.intp
    return types.void(target, n, n, source, n, n, n)


@intrinsic
def copy_panel(_context, target, t0, t_stride, source, s0, s_stride, rows):  # type: ignore
    """target (rows, WIDTH) = source; flat arrays, their first elements and row strides."""
    return _signature(target, source), _moving(add=False)


@intrinsic
def add_panel(_context, target, t0, t_stride, source, s0, s_stride, rows):  # type: ignore
    """target (rows, WIDTH) += source; flat arrays, their first elements and row strides."""
    return _signature(target, source), _moving(add=True)
