"""What a convolution does to its sums before it stores them: scale, shift, rectify."""

import functools
from typing import NamedTuple

import numpy as np

from ...formulas import floor_of
from ..arrays import Array, empty, fill


class Ending(NamedTuple):
    """y = z where z > 0, else slope z, of z = scale sum + shift; arrays (channels,), or None."""

    scale: Array | None = None
    shift: Array | None = None
    slope: float = 1.0


def epilogue(channels: int, ending: Ending) -> tuple[Array, Array, np.float32, np.float32]:
    """Scale, shift, slope and floor (see formulas.rectify), as kernels take them."""
    scale = or_constant(ending.scale, channels, 1.0)
    shift = or_constant(ending.shift, channels, 0.0)
    return scale, shift, np.float32(ending.slope), floor_of(ending.slope)


def or_constant(values: Array | None, length: int, neutral: float) -> Array:
    """The values of a vector, or where there are none a constant."""
    return _constant(length, neutral) if values is None else values


@functools.cache
def _constant(length: int, value: float) -> Array:
    """A vector that nobody changes."""
    array = empty((length,))
    fill(array, value)
    return array
