"""The largest of every 2 x 2 pixels, which a fused kernel ends with, and the way back.

An odd last row or column of pixels takes no part.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda

from ..arrays import Array, Indices, flat
from ..machine.compiler import Kernel


def _pool(y, index, x, vectors, shape):
    """y = the largest of 2 x 2 pixels, NaN before all; index = its place, the first of equal ones.

    shape is (height, width, channels) of an image of x.
    """
    height, width, channels = shape
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        pixel, c = divmod(i, channels)
        rest, column = divmod(pixel, width // 2)
        n, row = divmod(rest, height // 2)
        first = ((n * height + 2 * row) * width + 2 * column) * channels + c
        value, place = number(x[first], vectors, c), 0  # noqa: F821 (a constant)
        for other in range(1, 4):
            at = first + (other // 2 * width + other % 2) * channels
            new = number(x[at], vectors, c)  # noqa: F821
            # Also when new is NaN, but not when value is.
            if not (new <= value) and value == value:
                value, place = new, other
        y[i] = value
        if INDEXED:  # noqa: F821
            index[i] = place


def _itself(value, _vectors, _column):
    return value


class Pooling:
    """The kernels that pool number(x, vectors, channel), with an index and without."""

    def __init__(self, number: Callable[..., Any] = _itself) -> None:
        self._kernels = [Kernel(_pool, number=number, INDEXED=indexed) for indexed in (0, 1)]

    def __call__(self, y: Array, index: Indices | None, x: Array, vectors: tuple[Any, ...]) -> None:
        """y (n, h / 2, w / 2, c), and index unless it is None, from x (n, h, w, c)."""
        kernel = self._kernels[index is not None]
        place = y if index is None else index  # y stands for what the kernel does not touch
        kernel.over(y.size, *flat(y, place, x), vectors, x.shape[1:])


def pair_of(i, shape):
    """Where the pooled number of element i of an image lies, and i's place there; -1: nowhere."""
    height, width, channels = shape
    pixel, c = divmod(i, channels)
    rest, column = divmod(pixel, width)
    n, row = divmod(rest, height)
    rows, columns = height // 2, width // 2
    at = ((n * rows + row // 2) * columns + column // 2) * channels + c
    inside = row < 2 * rows and column < 2 * columns
    return at if inside else -1, row % 2 * 2 + column % 2


def masked(gradient, z, slope):
    """The gradient before a rectifier whose input or output is z."""
    return gradient * slope if z <= np.float32(0) else gradient
