"""Mean and variance of channels, or of groups of them: what normalisations are made of.

x (samples, rows, columns) is cut into chunks of rows. Each chunk's sums are taken about the
mean of its first rows, and chunks are merged by their distance from one of them (Chan, Golub &
LeVeque 1983), so that a mean much larger than the deviation costs no accuracy. An infinity gives an
infinite mean and a variance of NaN.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from ..arrays import Array
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from .blocks import WARP, sum_of_warp
from .columns import ACROSS, DOWN, THREADS, chunks_of, sum_down

_ZERO = np.float32(0)


class Layout(NamedTuple):
    """How blocks share x (samples, rows, columns): ACROSS columns of a chunk for each."""

    rows: int  # of a sample
    columns: int
    chunk_rows: int
    chunks: int  # of a sample


def layout_of(samples: int, rows: int, columns: int) -> tuple[Layout, tuple[int, int]]:
    """The layout, and its blocks."""
    chunks, chunk_rows = chunks_of(rows)
    return Layout(rows, columns, chunk_rows, chunks), (samples * chunks, -(-columns // ACROSS))


def chunk_here(layout):
    """The sample of a block, its first row, the row after its last, and this thread's column."""
    sample, chunk = divmod(cuda.blockIdx.x, layout[3])
    start = chunk * layout[2]
    column = cuda.blockIdx.y * ACROSS + cuda.threadIdx.x % ACROSS
    return sample, start, min(start + layout[2], layout[0]), column


def _origin(value):
    """A number to measure distances from: the value, but 0 where that is infinite or NaN."""
    return value if value - value == _ZERO else _ZERO


@Kernel
def _chunk_statistics(chunks, x, layout):
    """chunks (samples, chunks, 2, columns) = mean, and sum of squared deviations from it."""
    shared = cuda.shared.array(THREADS, np.float32)
    sample, start, stop, column = chunk_here(layout)
    columns, down = layout[1], cuda.threadIdx.x // ACROSS
    inside, here = column < columns, sample * layout[0] * columns + column
    total, squares, some = _ZERO, _ZERO, min(stop, start + 2 * DOWN)
    if inside:
        for row in range(start + down, some, DOWN):
            total += x[here + row * columns]
    origin = _origin(sum_down(total, shared) / np.float32(some - start))
    total = _ZERO
    if inside:
        for row in range(start + down, stop, DOWN):
            distance = x[here + row * columns] - origin
            total += distance
            squares += distance * distance
    total, squares = sum_down(total, shared), sum_down(squares, shared)
    if inside and down == 0:
        rest = total / np.float32(stop - start)
        squares -= total * rest
        to = 2 * cuda.blockIdx.x * columns + column
        chunks[to] = origin + rest
        chunks[to + columns] = _ZERO if squares < _ZERO else squares


def chunk_statistics(x: Array, samples: int, columns: int) -> tuple[Array, Layout]:
    """The mean and squared deviations of each chunk and column of x, in scratch."""
    layout, blocks = layout_of(samples, x.size // (samples * columns), columns)
    chunks: Any = scratch("chunk statistics", blocks[0] * 2 * columns)
    _chunk_statistics(blocks, THREADS, chunks, x.reshape(x.size), tuple(layout))
    return chunks, layout


def merged(chunks, sample, group, size, layout):
    """Mean and variance of a group of `size` columns of a sample, found by the lanes of a warp."""
    rows, columns, chunk_rows, count = layout
    start, lane = sample * count * 2 * columns + group * size, cuda.threadIdx.x % WARP
    numbers = np.float32(rows * size)
    origin = _origin(chunks[start])
    total = _ZERO
    for i in range(lane, count * size, WARP):
        chunk, c = divmod(i, size)
        weight = np.float32(min(chunk_rows, rows - chunk * chunk_rows))
        total += weight * (chunks[start + 2 * chunk * columns + c] - origin)
    rest = sum_of_warp(total) / numbers
    squares = _ZERO
    for i in range(lane, count * size, WARP):
        chunk, c = divmod(i, size)
        weight = np.float32(min(chunk_rows, rows - chunk * chunk_rows))
        at = start + 2 * chunk * columns + c
        distance = chunks[at] - origin - rest
        squares += chunks[at + columns] + weight * distance * distance
    return origin + rest, sum_of_warp(squares) / numbers
