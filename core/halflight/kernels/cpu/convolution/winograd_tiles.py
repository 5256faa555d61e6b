"""Tiles of images for Winograd's algorithm: how many there are, in which order, and where.

A tile is 4 x 4 outputs. Where an image ends in one or two rows or columns, its last tiles are 2 x 4
or 4 x 2 and take 24 products rather than 36. Small images may instead be put side by side, with one
row or column of zeros between two, so that fewer tiles stick out.
"""

import functools
import itertools
import math
from typing import NamedTuple

from ..machine.compiler import compiled
from ..machine.vector import LANES
from .windows import TILE_ROWS, TILE_ROWS_WIDE
from .winograd_maps import INPUTS, OUTPUTS, OUTPUTS_SHORT, POINTS, POINTS_SHORT

TILE = POINTS * LANES  # floats of a transformed tile, for 16 channels
# What the transforms of a tile of 16 channels cost, in multiply-adds of a vector (measured).
_TRANSFORM_COST = 500
# Tiles transformed together: a whole number of register tiles, few for the second-level cache.
_BLOCK = TILE_ROWS
# Images on a side of a mosaic, and the least number of mosaics, to be shared by threads.
_MOSAIC, _GROUPS = 4, 8
_GROUP_BYTES = 3 << 18  # of a group's copy
# The kinds of tiles.
WHOLE, FLAT, NARROW = 0, 1, 2


class Tiling(NamedTuple):
    """How the images of one side of a convolution are cut into tiles.

    Tiles cover a mosaic of `down` x `across` images, which share the zeros between them. Of a group
    they come in this order: the flat ones (2 x 4), the whole ones, the narrow ones (4 x 2).
    """

    rows: int  # of tiles in a mosaic
    columns: int
    flat: int  # rows of flat tiles: 0 or 1, the last
    narrow: int  # columns of narrow tiles
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
def tiling(outputs: tuple[int, ...], channels: int, most: int = 1) -> Tiling:
    """The tiles of outputs (height, width) of an input of `channels`, one image a mosaic.

    `most` images make a group.
    """
    cut = _cut(outputs, channels, (1, 1))
    flat, narrow = (int(0 < length % OUTPUTS <= OUTPUTS_SHORT) for length in outputs)
    height = cut.height - flat * (OUTPUTS - OUTPUTS_SHORT)
    return _grouped(cut._replace(flat=flat, narrow=narrow, height=height), most)


@functools.cache
def mosaics(outputs: tuple[int, ...], channels: int, images: int, *, bordered: bool) -> Tiling:
    """Whole tiles, shared by several images if they are `bordered` by zeros and it takes fewer.

    Only for sums over all images: a number that is not finite, or is very large, harms all numbers
    of its tile.
    """
    alone = best = _cut(outputs, channels, (1, 1))
    least = 0.95 * alone.rows * alone.columns
    sides = range(1, _MOSAIC + 1) if bordered else ()
    for shape in itertools.product(sides, sides):
        cut = _cut(outputs, channels, shape)
        tiles = cut.rows * cut.columns / cut.group
        if _bytes(cut) <= _GROUP_BYTES and tiles < least and cut.group * _GROUPS <= images:
            best, least = cut, tiles
    return _grouped(alone, images // (2 * _GROUPS)) if best is alone else best


def _grouped(cut: Tiling, most: int) -> Tiling:
    """A tiling whose groups have so many images that their tiles fill the matrix products'."""
    most = min(most, TILE_ROWS, _GROUP_BYTES // _bytes(cut))
    work = [_work(group, cut) for group in range(1, max(1, most) + 1)]
    return cut._replace(group=1 + next(i for i, w in enumerate(work) if w < 1.05 * min(work)))


def _cut(outputs: tuple[int, ...], channels: int, shape: tuple[int, int]) -> Tiling:
    """Whole tiles over mosaics of this shape, one a group."""
    rows, columns = (
        -(-(count * (length + 1) - 1) // OUTPUTS)
        for count, length in zip(shape, outputs, strict=True)
    )
    border = INPUTS - OUTPUTS
    return Tiling(
        rows,
        columns,
        0,
        0,
        *shape,
        outputs[0] + 1,
        outputs[1] + 1,
        rows * OUTPUTS + border,
        columns * OUTPUTS + border,
        -(-channels // LANES) * LANES,
        _BLOCK,
        math.prod(shape),
    )


def _work(images: int, cut: Tiling) -> float:
    """What the products of a group take for each image, in rows of the register tile.

    Tiles are filled up, and reading the weights takes as long as half a tile.
    """
    kinds = counts(images, cut)
    total, rows = sum(kinds), 0.0
    for point, block in itertools.product(range(POINTS), range(0, total, cut.block)):
        _, number = having(point, block, min(cut.block, total - block), kinds)
        if number:
            rows += TILE_ROWS_WIDE * (0.5 - (-number // TILE_ROWS_WIDE))
    return rows / images


def copied_size(tiling: Tiling) -> int:
    """Floats of the copy of a group."""
    copies = tiling.group // (tiling.down * tiling.across)
    return copies * tiling.height * tiling.width * tiling.channels


def _bytes(tiling: Tiling) -> int:
    """Bytes of the copy of one mosaic."""
    return tiling.height * tiling.width * tiling.channels * 4


def pays(outputs: tuple[int, ...], channels_in: int, channels: int) -> bool:
    """Whether F(4x4) takes less time than direct sums on outputs (height, width).

    In multiply-adds of one vector; the transforms of a tile of 16 channels cost as much as measured
    beside the products (`python -m tests.benchmarks.kernels`).
    """
    height, width = outputs
    flat, whole, narrow = counts(1, tiling(outputs, channels_in))
    tiles = whole + (flat + narrow) * len(POINTS_SHORT) / INPUTS
    vectors_in, vectors = -(-channels_in // LANES), -(-channels // LANES)
    products = POINTS * vectors_in * LANES * vectors
    transforms = _TRANSFORM_COST * (vectors_in + vectors)
    return tiles * (products + transforms) < height * width * 9 * channels_in * vectors


def transformed_size(channels_in: int, channels: int) -> int:
    """Floats that the transformed weights of a layer take."""
    return POINTS * (-(-channels_in // LANES) * LANES) * (-(-channels // LANES) * LANES)


@compiled()
def mosaics_of(images, tiling):
    """Mosaics that so many images make."""
    return (images + tiling.down * tiling.across - 1) // (tiling.down * tiling.across)


def counts(images, tiling):
    """Tiles of a group of so many images, or mosaics: flat, whole and narrow ones."""
    rows, columns = tiling.rows - tiling.flat, tiling.columns - tiling.narrow
    flat, narrow = tiling.flat * tiling.columns, tiling.narrow * rows
    return images * flat, images * rows * columns, images * narrow


@compiled()
def tiles_of(images, tiling):
    """Tiles of a group of so many images; an incomplete mosaic ends where its images do."""
    if tiling.down * tiling.across == 1:
        return images * tiling.rows * tiling.columns
    lines = (images + tiling.across - 1) // tiling.across
    return (lines * tiling.pitch - 1 + OUTPUTS - 1) // OUTPUTS * tiling.columns


@compiled()
def place(tile, kinds, tiling):
    """Kind, image or mosaic, first row and first column of a tile of a group, in outputs.

    `kinds` are the counts of the group.
    """
    flat, whole, _ = kinds
    rows, columns = tiling.rows - tiling.flat, tiling.columns - tiling.narrow
    kind, tile, across, down, row_first, column_first = WHOLE, tile - flat, columns, rows, 0, 0
    if tile < 0:
        kind, tile, across, down, row_first = FLAT, tile + flat, tiling.columns, 1, rows
    elif tile >= whole:
        kind, tile, across, column_first = NARROW, tile - whole, 1, columns
    n, rest = divmod(tile, down * across)
    row, column = divmod(rest, across)
    return kind, n, (row_first + row) * OUTPUTS, (column_first + column) * OUTPUTS


def having(point, tile, count, kinds):
    """Which of a block of `count` tiles from `tile` on have this product: the first, how many."""
    flat, whole, narrow = kinds
    if flat + narrow == 0:
        return 0, count
    first = 0 if _is_short(point // INPUTS) else max(flat - tile, 0)
    last = flat + whole + (narrow if _is_short(point % INPUTS) else 0)
    return first, max(0, min(last - tile, count) - first)


def _is_short(k):
    """Whether short tiles have this product of an axis."""
    return k <= POINTS_SHORT[2] or k == POINTS_SHORT[3]


@compiled()
def pixel(mosaic, row, column, images, shape, tiling):
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
def whole_tile(mosaic, row, column, images, shape, tiling):
    """The element where a tile begins that lies in one image with all its pixels; else -1."""
    above = row % tiling.pitch if tiling.down > 1 else row
    before = column % tiling.pitch_across if tiling.across > 1 else column
    if above + OUTPUTS > shape[0] or before + OUTPUTS > shape[1]:
        return -1
    return pixel(mosaic, row, column, images, shape, tiling)
