"""What a convolution does to its sums before it stores them: scale, shift, rectify."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from ...formulas import floor_of
from ..arrays import Array, Indices
from ..machine.scratch import scratch
from ..machine.vector import LANES, constant, load, loop, multiply_add, pointer, splat, store


class Ending(NamedTuple):
    """y = z where z > 0, else slope z, of z = scale sum + shift; arrays (channels,), or None.

    With `pool`, only the largest of every 2 x 2 pixels is stored, its place in `places`, if any.
    """

    scale: Array | None = None
    shift: Array | None = None
    slope: float = 1.0
    pool: bool = False
    places: Indices | None = None

    def of(self, channels: slice) -> "Ending":
        """The same for some of the channels."""
        return self._replace(
            scale=None if self.scale is None else self.scale[channels],
            shift=None if self.shift is None else self.shift[channels],
        )

    def lengths(self, y: Array) -> tuple[int, ...]:
        """Lengths of the axes of what is stored in y (n, ..., rows, columns, c), before pooling."""
        before = 2 if self.pool else 1
        return (*y.shape[1:-3], before * y.shape[-3], before * y.shape[-2])


class Epilogue(NamedTuple):
    """An ending as the compiled loops take it: arrays padded to whole vectors.

    Below zero, y = slope max(z, floor): see formulas.rectify.
    """

    scale: Array
    shift: Array
    slope: np.float32
    floor: np.float32


def epilogue(channels: int, ending: Ending) -> Epilogue:
    """The epilogue of a layer of `channels`, in scratch."""
    scale = _padded("scale", ending.scale, channels, 1.0)
    shift = _padded("shift", ending.shift, channels, 0.0)
    return Epilogue(scale, shift, np.float32(ending.slope), floor_of(ending.slope))


def _padded(name: str, values: Array | None, channels: int, neutral: float) -> Array:
    array = scratch(name, -(-channels // LANES) * LANES)
    array.fill(neutral)
    if values is not None:
        array[:channels] = values
    return array


def rectified(builder: Any, x: Any, slope: Any, floor: Any) -> Any:
    """The code of `formulas.rectify` for vectors."""
    clamped = builder.select(builder.fcmp_ordered(">", floor, x), floor, x)
    positive = builder.fcmp_ordered(">", x, constant(0.0))
    return builder.select(positive, x, builder.fmul(slope, clamped))


@intrinsic
def finish_rows(
    _context, y, y0, y_stride, sums, s0, s_stride, rows, scale, shift, channel, slope, floor
):
    """y (rows, 16) = rectify(scale sums + shift); flat arrays, first elements, row strides."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        target, source = (
            pointer(context, builder, kinds[i], arguments[i], arguments[i + 1]) for i in (0, 3)
        )
        factor, offset = (
            load(builder, pointer(context, builder, kinds[i], arguments[i], arguments[9]))
            for i in (7, 8)
        )
        lower, clamp = splat(builder, arguments[10]), splat(builder, arguments[11])

        def body(here: list[Any], _: list[Any]) -> list[Any]:
            z = multiply_add(builder, load(builder, here[1]), factor, offset)
            store(builder, rectified(builder, z, lower, clamp), here[0])
            return []

        loop(builder, arguments[6], 1, [target, source], [arguments[2], arguments[5]], [], body)
        return context.get_dummy_value()

    n, number = types.intp, types.float32
    return types.void(y, n, n, sums, n, n, n, scale, shift, n, number, number), generate
