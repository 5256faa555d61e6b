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
        _, *lengths, channels = source
        return Gather(
            windows,
            _triple(lengths),
            taps,
            self.strides,
            _triple([-p for p in self.padding]),
            self.dilation,
            _ONES,
            channels // self.groups,
            channels,
        )

    def windows_back(self, pixels: Triple, outputs: tuple[int, ...], taps: Triple) -> Gather:
        """The outputs that see pixels of the input."""
        _, *lengths, channels = outputs
        return Gather(
            pixels,
            _triple(lengths),
            taps,
            _ONES,
            self.padding,
            _triple([-d for d in self.dilation]),
            self.strides,
            channels // self.groups,
            channels,
        )


def _triple(numbers: list[int]) -> Triple:
    a, b, c = numbers
    return int(a), int(b), int(c)


def window_of(number, gather):
    """Image, plane, row and column of a window."""
    rest, column = divmod(number, gather[0][2])
    rest, row = divmod(rest, gather[0][1])
    image, plane = divmod(rest, gather[0][0])
    return image, plane, row, column


def tap_of(number, gather):
    """Plane, row and column of a tap."""
    rest, column = divmod(number, gather[2][2])
    plane, row = divmod(rest, gather[2][1])
    return plane, row, column


def next_tap(plane, row, column, gather):
    """Plane, row and column of the tap after one."""
    column += 1
    if column == gather[2][2]:
        column, row = 0, row + 1
    if row == gather[2][1]:
        row, plane = 0, plane + 1
    return plane, row, column


def later_window(image, plane, row, column, gather):
    """Image, plane, row and column of a window whose column may be past the last of its row."""
    while column >= gather[0][2]:
        column -= gather[0][2]
        row += 1
        if row == gather[0][1]:
            row, plane = 0, plane + 1
        if plane == gather[0][0]:
            plane, image = 0, image + 1
    return image, plane, row, column


def _along(window, tap, axis, gather):
    """The pixel of the source that a window's tap meets, or -1."""
    pixel = window * gather[3][axis] + gather[4][axis] + tap * gather[5][axis]
    divisor = gather[6][axis]
    if divisor != 1:
        if pixel < 0 or pixel % divisor:
            return -1
        pixel //= divisor
    return pixel if pixel < gather[1][axis] else -1


def pixel_of(window, tap, gather):
    """The element of the source where the pixel begins that a tap meets; -1: there is none."""
    d = _along(window[1], tap[0], 0, gather)
    h = _along(window[2], tap[1], 1, gather)
    w = _along(window[3], tap[2], 2, gather)
    if d < 0 or h < 0 or w < 0:
        return -1
    lengths = gather[1]
    return (((window[0] * lengths[0] + d) * lengths[1] + h) * lengths[2] + w) * gather[8]
