"""What a convolution does to its sums before it stores them: scale, shift, rectify."""

from typing import NamedTuple

import numpy as np

from .arrays import Array
from .compiler import compiled
from .scratch import scratch
from .vector import LANES


class Ending(NamedTuple):
    """y = z where z > 0, else slope z, of z = scale sum + shift; arrays (channels,), or None."""

    scale: Array | None = None
    shift: Array | None = None
    slope: float = 1.0

    def of(self, channels: slice) -> "Ending":
        """The same for some of the channels."""
        scale, shift, slope = self
        return Ending(
            None if scale is None else scale[channels],
            None if shift is None else shift[channels],
            slope,
        )


class Epilogue(NamedTuple):
    """An ending as the compiled loops take it: arrays padded to whole vectors.

    Below zero, y = slope max(z, floor): the floor keeps a slope of 0 from making NaN of minus
    infinity.
    """

    scale: Array
    shift: Array
    slope: np.float32
    floor: np.float32


def epilogue(channels: int, ending: Ending) -> Epilogue:
    """The epilogue of a layer of `channels`, in scratch."""
    size = -(-channels // LANES) * LANES
    arrays = []
    for name, values, neutral in (("scale", ending.scale, 1.0), ("shift", ending.shift, 0.0)):
        array = scratch(name, size)
        array.fill(neutral)
        if values is not None:
            array[:channels] = values
        arrays.append(array)
    floor = -np.inf if ending.slope else np.finfo(np.float32).min
    return Epilogue(*arrays, np.float32(ending.slope), np.float32(floor))


@compiled()
def rectify(z, slope, floor):  # type: ignore
    """z where z > 0, else slope max(z, floor); NaN stays."""
    clamped = floor if floor > z else z
    return z if z > np.float32(0) else slope * clamped
