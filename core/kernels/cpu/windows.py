"""The windows of a correlation, and copying them from padded images into panels.

A group of images is copied once with its zero padding, so that for one kernel row the window of a
pixel is one contiguous run of (kernel column, channel). The runs of several pixels are then copied
into a panel, whose rows are STRIDE floats apart, for the multiplications of simd.py.
"""

from typing import NamedTuple

import numpy as np

from .arrays import Array
from .compiler import compiled
from .simd import LANES, STRIDE, TILE, copy_run

_MEGABYTE = 1 << 20


class Windows(NamedTuple):
    """Which window of the source image belongs to which pixel of the target image."""

    rows: int  # windows per image, down and across
    columns: int
    size_rows: int  # extent of a window
    size_columns: int
    step_rows: int  # source pixels from one window to the next
    step_columns: int
    top: int  # zeros before the first source row and column; negative crops
    left: int
    first_row: int = 0  # target pixel of the first window
    first_column: int = 0
    stride_rows: int = 1  # target pixels from one window's pixel to the next
    stride_columns: int = 1


def group_images(x: Array, windows: Windows) -> tuple[int, int]:
    """Images handled together so that their windows fill the tiles, and floats to pad them in."""
    rows = (windows.rows - 1) * windows.step_rows + windows.size_rows
    columns = (windows.columns - 1) * windows.step_columns + windows.size_columns
    image = rows * columns * x.shape[3]
    count = windows.rows * windows.columns
    group = 1
    while (
        group < min(TILE, len(x))
        and (group + 1) * image * 4 <= _MEGABYTE
        and group * count < 0.96 * TILE * -(-group * count // TILE)
    ):
        group += 1
    return group, group * image + LANES


@compiled()
def pad_images(padded, x, shape, windows, first, last):  # type: ignore
    """Copy images first..last of x into the zero-bordered rows that their windows cover."""
    _, height, width, channels = shape
    rows = (windows.rows - 1) * windows.step_rows + windows.size_rows
    columns = (windows.columns - 1) * windows.step_columns + windows.size_columns
    begin = min(max(windows.left, 0), columns)
    end = max(min(windows.left + width, columns), begin)
    zero = np.float32(0)
    for n in range(first, last):
        for row in range(rows):
            to = ((n - first) * rows + row) * columns * channels
            source = row - windows.top
            if source < 0 or source >= height:
                for i in range(to, to + columns * channels):
                    padded[i] = zero
                continue
            for i in range(to, to + begin * channels):
                padded[i] = zero
            start = ((n * height + source) * width + begin - windows.left) * channels
            for i in range((end - begin) * channels):
                padded[to + begin * channels + i] = x[start + i]
            for i in range(to + end * channels, to + columns * channels):
                padded[i] = zero


@compiled()
def fill_panel(panel, padded, pixel, count, channels, windows, begin, end):  # type: ignore
    """panel[r] = weights begin..end of the window of pixel + r of the group, for r < count."""
    rows = (windows.rows - 1) * windows.step_rows + windows.size_rows
    columns = (windows.columns - 1) * windows.step_columns + windows.size_columns
    run = windows.size_columns * channels
    per_image = windows.rows * windows.columns
    first_run, last_run = begin // run, (end - 1) // run
    n = pixel // per_image
    p = (pixel - n * per_image) // windows.columns
    q = pixel - n * per_image - p * windows.columns
    for r in range(count):
        corner = (
            (n * rows + p * windows.step_rows) * columns + q * windows.step_columns
        ) * channels
        for u in range(first_run, last_run + 1):
            left = max(begin - u * run, 0)
            right = min(end - u * run, run)
            copy_run(
                panel,
                r * STRIDE + u * run + left - begin,
                padded,
                corner + u * columns * channels + left,
                right - left,
            )
        q += 1
        if q == windows.columns:
            q = 0
            p += 1
            if p == windows.rows:
                p = 0
                n += 1
