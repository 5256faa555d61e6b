"""A value for each element of images: y[n, p, q, c] = value(n, p, q, c, arrays, numbers).

A thread stores one. Those of a block lie along channels, columns and rows, so that neighbours read
neighbours and only a row's image takes a division, which is slow on a GPU.
"""

from collections.abc import Callable
from typing import Any

from numba import cuda

from ..arrays import Array
from ..machine.compiler import THREADS, Kernel

_MOST_ACROSS = 32  # threads along channels: a warp, which reads 128 bytes at once
# What CUDA allows: threads of a block along its last axis, blocks along all axes but the first.
_MOST_DEEP, _MOST_BLOCKS = 64, 65535


def _store(y, first_column, first_channel, arrays, numbers):
    """The elements of y from a column and a channel on."""
    row = cuda.blockIdx.x * cuda.blockDim.z + cuda.threadIdx.z
    q = first_column + cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y
    c = first_channel + cuda.blockIdx.z * cuda.blockDim.x + cuda.threadIdx.x
    if row < y.shape[0] * y.shape[1] and q < y.shape[2] and c < y.shape[3]:
        n, p = divmod(row, y.shape[1])
        y[n, p, q, c] = value(n, p, q, c, arrays, numbers)  # noqa: F821 (a constant)


def _power_from(length: int) -> int:
    """The least power of two that is not below."""
    return 1 << (length - 1).bit_length()


def _threads(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Threads of a block along channels, columns and rows of images (n, h, w, c)."""
    across = min(_power_from(shape[3]), _MOST_ACROSS, THREADS)
    down = min(_power_from(shape[2]), THREADS // across)
    return across, down, min(THREADS // (across * down), _MOST_DEEP)


def each_pixel(value: Callable[..., Any]) -> Callable[..., None]:
    """The function that stores value(n, p, q, c, arrays, numbers) in each element of images y.

    `arrays` are of any shape, and `numbers` (nested) tuples of them.
    """
    kernel = Kernel(_store, value=value)

    def run(y: Array, arrays: tuple[Array, ...], numbers: tuple[Any, ...] = ()) -> None:
        batch, height, width, channels = y.shape
        across, down, deep = threads = _threads(y.shape)
        row_blocks = -(-batch * height // deep)
        columns, breadth = _MOST_BLOCKS * down, _MOST_BLOCKS * across  # of one launch
        for q in range(0, width, columns):
            for c in range(0, channels, breadth):
                column_blocks = -(-min(width - q, columns) // down)
                channel_blocks = -(-min(channels - c, breadth) // across)
                blocks = (row_blocks, column_blocks, channel_blocks)
                kernel(blocks, threads, y, q, c, arrays, numbers)

    return run
