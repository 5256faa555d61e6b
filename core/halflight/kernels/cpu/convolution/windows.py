"""The windows of a correlation, and copying them from padded images into panels.

Images are volumes (n, planes, rows, columns, channels); flat ones have one plane. A group of images
is copied once with its zero padding. In the copy a window is a few contiguous runs: whole rows of
taps, or single taps where dilation puts them apart. The runs of several windows are then copied
into a panel, whose rows are STRIDE floats apart, for the products of multiply.py.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..machine.compiler import compiled
from ..machine.vector import LANES, copy_floats

# The depth of a panel: a tile's rows of it fit the first-level cache beside a panel of weights. It
# is also the longest float32 sum taken in one go; deeper sums add such parts, which rounds less.
DEPTH = 96
# Floats from one row of a panel to the next: no power of two, so that rows do not compete for the
# same cache sets.
STRIDE = DEPTH + LANES
_MEGABYTE = 1 << 20
# Rows of a tile, narrow and wide, as AVX-512 has them, where they decide which images are summed
# together: the order of sums must not depend on the processor. They are whole tiles of the others.
TILE_ROWS, TILE_ROWS_WIDE = 24, 12

Triple = tuple[int, int, int]


class Windows(NamedTuple):
    """Which window of the source belongs to which pixel of the target, by plane, row, column."""

    number: Triple  # windows of an image
    covered: Triple  # source pixels that they cover
    step: Triple  # source pixels from one window to the next
    before: Triple  # zeros before the first source pixel; negative crops
    first: Triple = (0, 0, 0)  # target pixel of the first window
    stride: Triple = (1, 1, 1)  # target pixels from one window's pixel to the next


class Taps(NamedTuple):
    """The pixels of one window, as runs of consecutive floats in the padded copy."""

    run: int  # floats in a run
    starts: NDArray[np.int64]  # of each run, counted from the window's first float


def covering(number: Triple, size: Triple, step: Triple, dilation: Triple) -> Triple:
    """Source pixels from the first window's first to the last window's last, along each axis."""
    planes, rows, columns = (
        (windows - 1) * s + (taps - 1) * d + 1
        for windows, taps, s, d in zip(number, size, step, dilation, strict=True)
    )
    return planes, rows, columns


@functools.lru_cache(maxsize=1024)
def taps(size: Triple, dilation: Triple, covered: Triple, channels: int) -> Taps:
    """The runs of a window of `size` taps, `dilation` pixels apart."""
    joined = size[2] if dilation[2] == 1 else 1  # neighbours in a row
    planes, rows, columns = (np.arange(n) * d for n, d in zip(size, dilation, strict=True))
    corner = (planes[:, None, None] * covered[1] + rows[:, None]) * covered[2] + columns[::joined]
    return Taps(joined * channels, (corner * channels).reshape(-1).astype(np.int64))


@functools.lru_cache(maxsize=1024)
def group_images(images: int, channels: int, windows: Windows) -> tuple[int, int]:
    """Images handled together so that their windows fill the tiles, and floats to pad them in."""
    image = math.prod(windows.covered) * channels
    number = math.prod(windows.number)
    group = 1
    while (
        group < min(TILE_ROWS, images)
        and (group + 1) * image * 4 <= _MEGABYTE
        and group * number < 0.96 * TILE_ROWS * -(-group * number // TILE_ROWS)
    ):
        group += 1
    return group, group * image


def flattened(windows: Windows) -> tuple[int, ...]:
    """All numbers in one tuple: nested ones cannot enter a parallel loop."""
    return tuple(number for triple in windows for number in triple)


@compiled()
def nested(flat):
    """The Windows that `flattened` has taken apart."""
    return Windows(flat[0:3], flat[3:6], flat[6:9], flat[9:12], flat[12:15], flat[15:18])


@compiled()
def locate(pixel, windows):
    """Image, plane, row and column of the window number `pixel` of a group of images."""
    planes, rows, columns = windows.number
    image, pixel = divmod(pixel, planes * rows * columns)
    plane, pixel = divmod(pixel, rows * columns)
    row, column = divmod(pixel, columns)
    return image, plane, row, column


@compiled()
def next_row(image, plane, row, windows):
    """Image, plane and row of the next row of windows."""
    row += 1
    if row == windows.number[1]:
        row = 0
        plane += 1
        if plane == windows.number[0]:
            plane = 0
            image += 1
    return image, plane, row


@compiled()
def pad_images(padded, x, shape, windows, first, last):
    """Copy images first..last of x into the zero-bordered rows that their windows cover."""
    _, depth, height, width, channels = shape
    planes, rows, columns = windows.covered
    front, top, left = windows.before
    begin = min(max(left, 0), columns)
    end = max(min(left + width, columns), begin)
    zero = np.float32(0)
    for n in range(first, last):
        for line in range(planes * rows):
            to = ((n - first) * planes * rows + line) * columns * channels
            plane, row = line // rows - front, line % rows - top
            if plane < 0 or plane >= depth or row < 0 or row >= height:
                for i in range(to, to + columns * channels):
                    padded[i] = zero
                continue
            for i in range(to, to + begin * channels):
                padded[i] = zero
            start = (((n * depth + plane) * height + row) * width + begin - left) * channels
            copy_floats(padded, to + begin * channels, x, start, (end - begin) * channels)
            for i in range(to + end * channels, to + columns * channels):
                padded[i] = zero


@compiled()
def fill_panel(panel, padded, pixel, count, channels, windows, taps, begin, end):
    """panel[r] = weights begin..end of the window of pixel + r of the group, for r < count."""
    planes, rows, columns = windows.covered
    run, starts = taps
    first_run, last_run = begin // run, (end - 1) // run
    n, o, p, q = locate(pixel, windows)
    for r in range(count):
        plane, row = n * planes + o * windows.step[0], p * windows.step[1]
        corner = ((plane * rows + row) * columns + q * windows.step[2]) * channels
        for u in range(first_run, last_run + 1):
            left = max(begin - u * run, 0)
            right = min(end - u * run, run)
            start = corner + starts[np.uint64(u)]  # unsigned: it never counts from the end
            to = r * STRIDE + u * run - begin
            copy_floats(panel, to + left, padded, start + left, right - left)
        q += 1
        if q == windows.number[2]:
            q = 0
            n, o, p = next_row(n, o, p, windows)
