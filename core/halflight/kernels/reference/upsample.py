"""Enlarging images, by definition: by repeating pixels, and by interpolating between them.

In the laws: images h by w, enlarged to p by q, c channels.
"""

import math
from collections.abc import Iterator

import numpy as np

from ..contract import kernel
from .arrays import Array
from .windows import Pair


@kernel(y="n p q c", x="n h w c")
def upsample2d_nearest_forward(y: Array, x: Array, size: Pair) -> None:
    """y (n, h size[0], w size[1], c) = every pixel of x (n, h, w, c), repeated."""
    y[...] = x.repeat(size[0], axis=1).repeat(size[1], axis=2)


@kernel(dx="n h w c", dy="n p q c")
def upsample2d_nearest_backward(dx: Array, dy: Array, size: Pair) -> None:
    """dx = the sum of dy over the repetitions of each pixel."""
    batch, height, width, channels = dx.shape
    blocks = dy.reshape(batch, height, size[0], width, size[1], channels)
    dx[...] = blocks.sum(axis=(2, 4))


@kernel(y="n p q c", x="n h w c")
def upsample2d_bilinear_forward(y: Array, x: Array, size: Pair) -> None:
    """y (n, h size[0], w size[1], c) = x interpolated linearly along rows and columns.

    Pixels are squares whose values are at their centres; beyond the outermost centres the value
    stays (as TensorFlow's and Keras's resize without antialiasing).
    """
    y[...] = _interpolate(_interpolate(x, size[0], axis=1), size[1], axis=2)


@kernel(dx="n h w c", dy="n p q c")
def upsample2d_bilinear_backward(dx: Array, dy: Array, size: Pair) -> None:
    """dx = gradient of upsample2d_bilinear_forward."""
    dx[...] = _interpolate_adjoint(_interpolate_adjoint(dy, size[1], axis=2), size[0], axis=1)


def _neighbours(length: int, size: int) -> Iterator[tuple[int, int, float]]:
    """For each pixel of an axis made `size` times as long: the two between, the second's weight."""
    for pixel in range(length * size):
        position = (pixel + 0.5) / size - 0.5
        first, second = math.floor(position), math.ceil(position)
        yield max(first, 0), min(second, length - 1), position - first


def _interpolate(x: Array, size: int, axis: int) -> Array:
    lines = np.moveaxis(x, axis, 0)
    between = [(1.0 - w) * lines[i] + w * lines[j] for i, j, w in _neighbours(len(lines), size)]
    return np.moveaxis(np.stack(between), 0, axis)


def _interpolate_adjoint(dy: Array, size: int, axis: int) -> Array:
    lines = np.moveaxis(dy, axis, 0)
    dx = np.zeros((len(lines) // size, *lines.shape[1:]), dy.dtype)
    for line, (i, j, w) in zip(lines, _neighbours(len(dx), size), strict=True):
        dx[i] += (1.0 - w) * line
        dx[j] += w * line
    return np.moveaxis(dx, 0, axis)
