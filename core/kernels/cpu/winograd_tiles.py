"""Tiles of images for Winograd's algorithm: where they lie, and their inputs transformed.

Images are copied a group at a time with a border of zeros and channels padded to 16, so that every
tile of 6 x 6 inputs lies inside the copy.
"""

from typing import NamedTuple

import numba
import numpy as np

from .compiler import compiled
from .multiply import ROWS, WIDTH
from .vector import LANES, copy_floats
from .winograd_transforms import (
    INPUTS,
    OUTPUTS,
    POINTS,
    transform_inputs,
    transform_weights,
)

TILE = POINTS * LANES  # floats of a transformed tile, for 16 channels
# What the transforms of a tile of 16 channels cost, in multiply-adds of a vector (measured).
_TRANSFORM_COST = 500
# Tiles transformed together: a whole number of register tiles, few for the second-level cache.
_BLOCK = ROWS * max(1, 24 // ROWS)
_MEGABYTE = 1 << 20


class Tiling(NamedTuple):
    """How the images of one side of a convolution are cut into tiles of 4 x 4 outputs."""

    rows: int  # of tiles in an image
    columns: int
    height: int  # of the zero-bordered copy of an image
    width: int
    channels: int  # of the copy: a multiple of 16
    block: int  # tiles transformed together
    group: int  # images copied together


def tiling(images: int, height: int, width: int, channels: int) -> Tiling:
    """The tiles of outputs (images, height, width) of an input of `channels`.

    A group holds whole tiles of the matrix product where it can, in half a megabyte or less of copy
    and in at least 16 groups; none of that changes a result of the forward pass.
    """
    rows, columns = -(-height // OUTPUTS), -(-width // OUTPUTS)
    padded_height, padded_width = rows * OUTPUTS + 2, columns * OUTPUTS + 2
    padded_channels = -(-channels // LANES) * LANES
    image = padded_height * padded_width * padded_channels * 4
    tiles = rows * columns
    group = 1
    while (
        (group + 1) * image <= _MEGABYTE // 2
        and (group + 1) * 16 <= images
        and group * tiles < 0.96 * ROWS * -(-group * tiles // ROWS)
    ):
        group += 1
    return Tiling(rows, columns, padded_height, padded_width, padded_channels, _BLOCK, group)


def pays(outputs: tuple[int, ...], channels_in: int, channels: int) -> bool:
    """Whether F(4x4) takes less time than direct sums on outputs (height, width).

    In multiply-adds of one vector; the transforms of a tile of 16 channels cost as much as measured
    beside the products (`python -m tests.benchmarks.kernels`).
    """
    height, width = outputs
    tiles = -(-height // OUTPUTS) * -(-width // OUTPUTS)
    vectors_in, vectors = -(-channels_in // LANES), -(-channels // LANES)
    products = POINTS * vectors_in * LANES * vectors
    transforms = _TRANSFORM_COST * (vectors_in + vectors)
    return tiles * (products + transforms) < height * width * 9 * channels_in * vectors


def transformed_size(channels_in: int, channels: int) -> int:
    """Floats that the transformed weights of a layer take."""
    return POINTS * (-(-channels_in // LANES) * LANES) * (-(-channels // LANES) * LANES)


@compiled(parallel=True)
def transform_kernel(transformed, w, transposed, buffer):  # type: ignore
    """transformed (blocks, 36, in, 16 or WIDTH) = G w G^T, channels padded by zeros.

    w is (3, 3, in, out); `transposed` flips its taps and swaps in and out, as gradients need it.
    """
    channels_in, channels = (w.shape[3], w.shape[2]) if transposed else (w.shape[2], w.shape[3])
    depth = (channels_in + LANES - 1) // LANES * LANES
    vectors = (channels + LANES - 1) // LANES
    for i in numba.prange(depth):
        taps = buffer[numba.get_thread_id()]
        for vector in range(vectors):
            for tap in range(9):
                for lane in range(LANES):
                    o = vector * LANES + lane
                    value = np.float32(0)
                    if i < channels_in and o < channels:
                        if transposed:
                            value = w[2 - tap // 3, 2 - tap % 3, o, i]
                        else:
                            value = w[tap // 3, tap % 3, i, o]
                    taps[tap * LANES + lane] = value
            first = vector * LANES // WIDTH * WIDTH
            columns = min(WIDTH, vectors * LANES - first)
            to = first * POINTS * depth + i * columns + vector * LANES - first
            stride = depth * columns
            transform_weights(taps, 0, 3 * LANES, LANES, transformed, to, INPUTS * stride, stride)


@compiled()
def pad(padded, x, first, last, shape, before, tiling):  # type: ignore
    """Copy images first..last of x (shape: height, width, channels), `before` zeros before them."""
    height, width, channels = shape
    zero = np.float32(0)
    for n in range(first, last):
        for row in range(tiling.height):
            to = ((n - first) * tiling.height + row) * tiling.width * tiling.channels
            source_row = row - before[0]
            if source_row < 0 or source_row >= height:
                padded[to : to + tiling.width * tiling.channels] = zero
                continue
            begin = min(max(before[1], 0), tiling.width)
            end = max(begin, min(tiling.width, before[1] + width))
            source = ((n * height + source_row) * width + begin - before[1]) * channels
            padded[to : to + begin * tiling.channels] = zero
            if channels == tiling.channels:
                size = (end - begin) * channels
                start = to + begin * channels
                copy_floats(padded, start, x, source, size)
            else:
                for column in range(begin, end):
                    start = to + column * tiling.channels
                    here = source + (column - begin) * channels
                    for c in range(channels):
                        padded[start + c] = x[here + c]
                    for c in range(channels, tiling.channels):
                        padded[start + c] = zero
            padded[to + end * tiling.channels : to + tiling.width * tiling.channels] = zero


@compiled()
def place(tile, tiling):  # type: ignore
    """Image, row and column of a tile of a group."""
    image, rest = divmod(tile, tiling.rows * tiling.columns)
    row, column = divmod(rest, tiling.columns)
    return image, row, column


@compiled()
def transform_block(v, padded, first, count, tiling):  # type: ignore
    """v (channels / 16, block, 36, 16) = B^T x B of tiles first..first + count."""
    line = tiling.width * tiling.channels
    for t in range(count):
        image, row, column = place(first + t, tiling)
        corner = (image * tiling.height + row * OUTPUTS) * tiling.width + column * OUTPUTS
        for c in range(tiling.channels // LANES):
            transform_inputs(
                padded,
                corner * tiling.channels + c * LANES,
                line,
                tiling.channels,
                v,
                (c * tiling.block + t) * TILE,
                INPUTS * LANES,
                LANES,
            )
