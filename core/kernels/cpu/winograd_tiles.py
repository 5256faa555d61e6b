"""Tiles of images for Winograd's algorithm: where they lie, and their inputs transformed.

Images are copied a group at a time with a border of zeros and channels padded to 16, so that every
tile of 6 x 6 inputs lies inside the copy. Small images may be put side by side, with one row or
column of zeros between two, so that fewer tiles stick out.
"""

import functools
import itertools
import math
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
# Images on a side of a mosaic, its bytes, and the least number of mosaics, to be shared by threads.
_MOSAIC, _MOSAIC_BYTES, _GROUPS = 4, 5 << 17, 8
_GROUP_BYTES = 1 << 19


class Tiling(NamedTuple):
    """How the images of one side of a convolution are cut into tiles of 4 x 4 outputs.

    Tiles cover a mosaic of `down` x `across` images, which share the zeros between them.
    """

    rows: int  # of tiles in a mosaic
    columns: int
    down: int  # images in a mosaic
    across: int
    pitch: int  # rows of outputs from one image of a mosaic to the next
    pitch_across: int  # columns
    height: int  # of the zero-bordered copy of a mosaic
    width: int
    channels: int  # of the copy: a multiple of 16
    block: int  # tiles transformed together
    group: int  # images copied together: one mosaic, or several of one image


@functools.cache
def tiling(
    images: int, outputs: tuple[int, ...], channels: int, *, mosaics: bool = False
) -> Tiling:
    """The tiles of outputs (height, width) of an input of `channels`.

    A group holds whole tiles of the matrix product where it can, in so many bytes of copy, and is
    one of several. With `mosaics`, images with a border of zeros share tiles where that takes fewer
    of them: only for sums over all images, because a number that is not finite, or is very large,
    harms all numbers of its tile.
    """
    padded_channels = -(-channels // LANES) * LANES

    def copied(down: int, across: int) -> int:
        height, width = (
            _tiles(count, length) * OUTPUTS + 2
            for count, length in zip((down, across), outputs, strict=True)
        )
        return height * width * padded_channels * 4

    down, across = 1, 1
    if mosaics:
        for shape in itertools.product(range(1, _MOSAIC + 1), repeat=2):
            fits = copied(*shape) <= _MOSAIC_BYTES and math.prod(shape) * _GROUPS <= images
            if fits and _tiles_of_image(shape, outputs) < _tiles_of_image((down, across), outputs):
                down, across = shape
        if _tiles_of_image((down, across), outputs) > 0.95 * _tiles_of_image((1, 1), outputs):
            down, across = 1, 1
    rows, columns = _tiles(down, outputs[0]), _tiles(across, outputs[1])
    group = down * across
    while (
        down * across == 1
        and (group + 1) * copied(1, 1) <= _GROUP_BYTES
        and (group + 1) * 16 <= images
        and group * rows * columns < 0.96 * ROWS * -(-group * rows * columns // ROWS)
    ):
        group += 1
    return Tiling(
        rows,
        columns,
        down,
        across,
        outputs[0] + 1,
        outputs[1] + 1,
        rows * OUTPUTS + 2,
        columns * OUTPUTS + 2,
        padded_channels,
        _BLOCK,
        group,
    )


def copied_size(tiling: Tiling) -> int:
    """Floats of the copy of a group."""
    mosaics = tiling.group // (tiling.down * tiling.across)
    return mosaics * tiling.height * tiling.width * tiling.channels


def _tiles(count: int, length: int) -> int:
    """Tiles that cover `count` images of `length` outputs, with one between each two."""
    return -(-(count * (length + 1) - 1) // OUTPUTS)


def _tiles_of_image(shape: tuple[int, ...], outputs: tuple[int, ...]) -> float:
    """Tiles of a mosaic of this shape for each of its images."""
    return math.prod(map(_tiles, shape, outputs)) / math.prod(shape)


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
def _pad_row(padded, to, length, x, source, before, width, channels, padded_channels):  # type: ignore
    """Copy `width` pixels of a row of x, `before` zeros before them, and zeros up to `length`."""
    zero = np.float32(0)
    begin = min(max(before, 0), length)
    end = max(begin, min(length, before + width))
    source += (begin - before) * channels
    padded[to : to + begin * padded_channels] = zero
    if channels == padded_channels:
        copy_floats(padded, to + begin * channels, x, source, (end - begin) * channels)
    else:
        for column in range(begin, end):
            start = to + column * padded_channels
            here = source + (column - begin) * channels
            for c in range(channels):
                padded[start + c] = x[here + c]
            for c in range(channels, padded_channels):
                padded[start + c] = zero
    padded[to + end * padded_channels : to + length * padded_channels] = zero


@compiled()
def pad(padded, x, first, last, shape, before, tiling):  # type: ignore
    """Copy images first..last of x (shape: height, width, channels), `before` zeros before them."""
    height, width, channels = shape
    for row in range(mosaics_of(last - first, tiling) * tiling.height):
        mosaic, row_here = divmod(row, tiling.height)
        line, row_in_image = divmod(row_here, tiling.pitch) if tiling.down > 1 else (0, row_here)
        source_row = row_in_image - before[0]
        start = row * tiling.width * tiling.channels
        for k in range(tiling.across):
            n = first + (mosaic * tiling.down + line) * tiling.across + k
            to = start + k * tiling.pitch_across * tiling.channels
            length = tiling.pitch_across
            if k == tiling.across - 1:
                length = tiling.width - k * tiling.pitch_across
            if line < tiling.down and n < last and 0 <= source_row < height:
                source = (n * height + source_row) * width * channels
                _pad_row(padded, to, length, x, source, before[1], width, channels, tiling.channels)
            else:
                padded[to : to + length * tiling.channels] = np.float32(0)


@compiled()
def mosaics_of(images, tiling):  # type: ignore
    """Mosaics that so many images make."""
    return (images + tiling.down * tiling.across - 1) // (tiling.down * tiling.across)


@compiled()
def tiles_of(images, tiling):  # type: ignore
    """Tiles of a group of so many images; an incomplete mosaic ends where its images do."""
    if tiling.down * tiling.across == 1:
        return images * tiling.rows * tiling.columns
    lines = (images + tiling.across - 1) // tiling.across
    return (lines * tiling.pitch - 1 + OUTPUTS - 1) // OUTPUTS * tiling.columns


@compiled()
def place(tile, tiling):  # type: ignore
    """Mosaic, first row and first column of a tile of a group, in outputs."""
    mosaic, rest = divmod(tile, tiling.rows * tiling.columns)
    row, column = divmod(rest, tiling.columns)
    return mosaic, row * OUTPUTS, column * OUTPUTS


@compiled()
def pixel(mosaic, row, column, images, shape, tiling):  # type: ignore
    """The element of y, (images, height, width, channels), where a pixel begins; -1: in none."""
    height, width, channels = shape
    line, k = 0, 0
    if tiling.down > 1:
        line, row = divmod(row, tiling.pitch)
    if tiling.across > 1:
        k, column = divmod(column, tiling.pitch_across)
    n = (mosaic * tiling.down + line) * tiling.across + k
    if row >= height or column >= width or line >= tiling.down or k >= tiling.across or n >= images:
        return -1
    return ((n * height + row) * width + column) * channels


@compiled()
def whole_tile(mosaic, row, column, images, shape, tiling):  # type: ignore
    """The element where a tile begins that lies in one image with all its pixels; else -1."""
    above = row % tiling.pitch if tiling.down > 1 else row
    before = column % tiling.pitch_across if tiling.across > 1 else column
    if above + OUTPUTS > shape[0] or before + OUTPUTS > shape[1]:
        return -1
    return pixel(mosaic, row, column, images, shape, tiling)


@compiled()
def transform_block(v, padded, first, count, tiling):  # type: ignore
    """v (channels / 16, block, 36, 16) = B^T x B of tiles first..first + count."""
    line = tiling.width * tiling.channels
    for t in range(count):
        mosaic, row, column = place(first + t, tiling)
        corner = (mosaic * tiling.height + row) * tiling.width + column
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
