"""Moving panels of a wide matrix, a few vectors from each of its rows, emitted as LLVM.

Rows lie far apart in memory, which no cache foresees: the rows to come are asked for early.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..machine.vector import LANES, at, index, load, loop, pointer, prefetch, store
from .multiply import VECTORS, WIDTH

_AHEAD = 8  # rows


@intrinsic
def copy_panels(_context, target, source, s0, s_stride, rows, panels):
    """target (panels, rows, WIDTH) = source (rows, panels, WIDTH) from s0 on; flat arrays."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], index(0))
        here = pointer(context, builder, signature.args[1], arguments[1], arguments[2])
        stride, rows, panels = arguments[3:]
        far = builder.mul(stride, index(_AHEAD))
        width = index(WIDTH)
        from_panel_to_panel = builder.mul(rows, width)

        def panel(addresses: list[Any], _: list[Any]) -> list[Any]:
            ahead = at(builder, addresses[1], far)
            for v in range(VECTORS):
                prefetch(builder, ahead, v * LANES)
                store(builder, load(builder, addresses[1], v * LANES), addresses[0], v * LANES)
            return []

        def row(addresses: list[Any], _: list[Any]) -> list[Any]:
            loop(builder, panels, 1, addresses, [from_panel_to_panel, width], [], panel)
            return []

        loop(builder, rows, 1, [to, here], [width, stride], [], row)
        return context.get_dummy_value()

    n = types.intp
    return types.void(target, source, n, n, n, n), generate


def _moving(*, add: bool) -> Callable[..., Any]:
    """The code of target (rows, WIDTH) = or += source."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        here = pointer(context, builder, signature.args[3], arguments[3], arguments[4])
        stride, rows = arguments[2], arguments[5]
        far = builder.mul(stride, index(2 * _AHEAD))

        def row(addresses: list[Any], _: list[Any]) -> list[Any]:
            ahead = at(builder, addresses[0], far)
            for v in range(VECTORS):
                prefetch(builder, ahead, v * LANES)
                value = load(builder, addresses[1], v * LANES)
                if add:
                    value = builder.fadd(load(builder, addresses[0], v * LANES), value)
                store(builder, value, addresses[0], v * LANES)
            return []

        loop(builder, rows, 1, [to, here], [stride, index(WIDTH)], [], row)
        return context.get_dummy_value()

    return generate


def _signature(target: Any, source: Any) -> Any:
    n = types.intp
    return types.void(target, n, n, source, n, n)


@intrinsic
def add_panel(_context, target, t0, t_stride, source, s0, rows):
    """target (rows, WIDTH) from t0 on += source (rows, WIDTH) from s0 on; flat arrays."""
    return _signature(target, source), _moving(add=True)


@intrinsic
def put_panel(_context, target, t0, t_stride, source, s0, rows):
    """The same with = instead of +=."""
    return _signature(target, source), _moving(add=False)
