"""Pooling, by definition: maximum and average, of windows and of whole images.

In the laws: images h by w, outputs p by q, m positions of any layout, c channels.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array, Indices
from .windows import Pair, pad, padded_shape, taps, unpad


@kernel(y="n p q c", index="n p q c", x="n h w c")
def max_pool2d_forward(
    y: Array, index: Indices, x: Array, size: Pair, strides: Pair, padding: Pair
) -> None:
    """y = the largest pixel of each window; index = where it is, u * size[1] + v in the window.

    Padding never wins; of equal pixels the first wins; a NaN wins over everything.
    """
    output = y.shape[1:3]
    shape = padded_shape(output, size, strides)
    padded = pad(x, shape, padding, 0.0)
    real = pad(np.ones_like(x[:1, :, :, :1]), shape, padding, 0.0) == 1.0
    y[...] = 0.0
    index[...] = -1
    for u, v, seen in taps(size, strides, output):
        candidate = padded[seen]
        better = (index < 0) | (candidate > y) | (np.isnan(candidate) & ~np.isnan(y))
        wins = real[seen] & better
        y[wins] = candidate[wins]
        index[wins] = u * size[1] + v


@kernel(dx="n h w c", dy="n p q c", index="n p q c")
def max_pool2d_backward(
    dx: Array, dy: Array, index: Indices, size: Pair, strides: Pair, padding: Pair
) -> None:
    """dx = each dy, summed at the pixel that won its window."""
    output = dy.shape[1:3]
    shape = padded_shape(output, size, strides)
    padded = np.zeros((dx.shape[0], *shape, dx.shape[3]), dx.dtype)
    for u, v, seen in taps(size, strides, output):
        padded[seen] += np.where(index == u * size[1] + v, dy, 0.0)
    unpad(dx, padded, padding)


@kernel(y="n p q c", x="n h w c")
def average_pool2d_forward(y: Array, x: Array, size: Pair, strides: Pair, padding: Pair) -> None:
    """y = the mean of each window's pixels; padding is not counted (as in Keras)."""
    output = y.shape[1:3]
    padded = pad(x, padded_shape(output, size, strides), padding, 0.0)
    y[...] = 0.0
    for _, _, seen in taps(size, strides, output):
        y += padded[seen]
    y /= _count(x.shape, output, size, strides, padding)


@kernel(dx="n h w c", dy="n p q c")
def average_pool2d_backward(dx: Array, dy: Array, size: Pair, strides: Pair, padding: Pair) -> None:
    """dx = gradient of average_pool2d_forward."""
    output = dy.shape[1:3]
    shape = padded_shape(output, size, strides)
    padded = np.zeros((dx.shape[0], *shape, dx.shape[3]), dx.dtype)
    share = dy / _count(dx.shape, output, size, strides, padding)
    for _, _, seen in taps(size, strides, output):
        padded[seen] += share
    unpad(dx, padded, padding)


def _count(shape: tuple[int, ...], output: Pair, size: Pair, strides: Pair, padding: Pair) -> Array:
    """Real pixels in each window, (1, p, q, 1)."""
    real = pad(np.ones((1, *shape[1:3], 1)), padded_shape(output, size, strides), padding, 0.0)
    return np.sum([real[seen] for _, _, seen in taps(size, strides, output)], axis=0)


@kernel(y="n c", index="n c", x="n m c")
def global_max_pool_forward(y: Array, index: Indices, x: Array) -> None:
    """y (n, c) = the largest of the m positions of x (n, m, c); index = which.

    Of equal values the first wins; a NaN wins over everything.
    """
    index[...] = x.argmax(axis=1)
    y[...] = np.take_along_axis(x, index[:, None], axis=1)[:, 0]


@kernel(dx="n m c", dy="n c", index="n c")
def global_max_pool_backward(dx: Array, dy: Array, index: Indices) -> None:
    """dx (n, m, c) = dy (n, c) at the position that won, else 0."""
    positions = np.arange(dx.shape[1])[:, None]
    dx[...] = np.where(index[:, None] == positions, dy[:, None], 0.0)


@kernel(y="n c", x="n m c")
def global_average_pool_forward(y: Array, x: Array) -> None:
    """y (n, c) = mean of x (n, m, c) over its m positions."""
    y[...] = x.mean(axis=1)


@kernel(dx="n m c", dy="n c")
def global_average_pool_backward(dx: Array, dy: Array) -> None:
    """dx (n, m, c) = dy (n, c) / m at every position."""
    dx[...] = dy[:, None, :] / dx.shape[1]
