"""Which pixel of a source volume meets which tap of which window, as kernels compute it.

Along each axis the source's pixel is (window * multiplier + shift + tap * step) / divisor, where
that is a whole number inside the source. Images are volumes of one plane.
"""

import math
from typing import NamedTuple

Triple = tuple[int, int, int]
_ONES = (1, 1, 1)


class Gather(NamedTuple):
    """Windows of a source (images, *lengths, all_channels)."""

    windows: Triple  # of an image
    lengths: Triple
    taps: Triple
    multiplier: Triple
    shift: Triple
    step: Triple
    divisor: Triple
    channels: int  # of a group
    all_channels: int

    @property
    def depth(self) -> int:
        """Numbers in a window, of the channels of one group."""
        return math.prod(self.taps) * self.channels


class Geometry(NamedTuple):
    """A convolution: pixels from window to window, zeros before, pixels from tap to tap."""

    strides: Triple
    padding: Triple
    dilation: Triple
    groups: int

    def windows(self, windows: Triple, source: tuple[int, ...], taps: Triple) -> Gather:
        """The windows of the input that outputs see."""
        shift = tuple(-p for p in self.padding)
        channels = source[4]
        return Gather(
            windows,
            source[1:4],
            taps,
            self.strides,
            shift,
            self.dilation,
            _ONES,
            channels // self.groups,
            channels,
        )

    def windows_back(self, pixels: Triple, outputs: tuple[int, ...], taps: Triple) -> Gather:
        """The outputs that see pixels of the input."""
        step = tuple(-d for d in self.dilation)
        channels = outputs[4]
        return Gather(
            pixels,
            outputs[1:4],
            taps,
            _ONES,
            self.padding,
            step,
            self.strides,
            channels // self.groups,
            channels,
        )


def base_of(window, gather):  # type: ignore
    """Image, and where a window's tap (0, 0, 0) lies along each axis, times the divisor."""
    windows, multiplier, shift = gather[0], gather[3], gather[4]
    rest, column = divmod(window, windows[2])
    rest, row = divmod(rest, windows[1])
    image, plane = divmod(rest, windows[0])
    return (
        image,
        plane * multiplier[0] + shift[0],
        row * multiplier[1] + shift[1],
        column * multiplier[2] + shift[2],
    )


def _along(start, tap, axis, gather):  # type: ignore
    """The pixel of the source that a tap meets, or -1."""
    pixel, divisor = start + tap * gather[5][axis], gather[6][axis]
    if divisor != 1:
        if pixel < 0 or pixel % divisor:
            return -1
        pixel //= divisor
    return pixel if pixel < gather[1][axis] else -1


def pixel_of(image, plane, row, column, tap, gather):  # type: ignore
    """The element of the source where the pixel begins that a tap meets; -1: there is none."""
    d = _along(plane, tap[0], 0, gather)
    h = _along(row, tap[1], 1, gather)
    w = _along(column, tap[2], 2, gather)
    if d < 0 or h < 0 or w < 0:
        return -1
    lengths = gather[1]
    return (((image * lengths[0] + d) * lengths[1] + h) * lengths[2] + w) * gather[8]


def tap_of(number, gather):  # type: ignore
    """Plane, row and column of a tap."""
    rest, column = divmod(number, gather[2][2])
    plane, row = divmod(rest, gather[2][1])
    return plane, row, column
