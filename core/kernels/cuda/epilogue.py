"""What a convolution does to its sums before it stores them: scale, shift, rectify."""

from typing import NamedTuple

import numpy as np

from ..formulas import floor_of
from .arrays import Array, fill
from .scratch import scratch


class Ending(NamedTuple):
    """y = z where z > 0, else slope z, of z = scale sum + shift; arrays (channels,), or None."""

    scale: Array | None = None
    shift: Array | None = None
    slope: float = 1.0


def epilogue(channels: int, ending: Ending) -> tuple[Array, Array, np.float32, np.float32]:
    """Scale, shift, slope and floor (see formulas.rectify), as kernels take them."""
    scale = or_constant("scale", ending.scale, channels, 1.0)
    shift = or_constant("shift", ending.shift, channels, 0.0)
    return scale, shift, np.float32(ending.slope), floor_of(ending.slope)


def or_constant(name: str, values: Array | None, channels: int, neutral: float) -> Array:
    """The values of a channel vector, or where there are none a constant in scratch."""
    if values is not None:
        return values
    array = scratch(name, channels)
    fill(array, neutral)
    return array
