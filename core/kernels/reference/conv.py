"""Two-dimensional convolution (cross-correlation, as in every network library), by definition.

y[n, p, q, o] = b[o] + sum over u, v, i of x[n, p sh + u - top, q sw + v - left, i] w[u, v, i, o],
x being zero outside the image.
"""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array
from .windows import Pair, pad, padded_shape, taps, unpad

__all__ = [
    "conv2d_backward_input",
    "conv2d_backward_weights",
    "conv2d_forward",
]


@checked(FLOAT)
def conv2d_forward(
    y: Array, x: Array, w: Array, b: Array | None, strides: Pair, padding: Pair
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in, out) and b (out,) or None."""
    size, output = w.shape[:2], y.shape[1:3]
    padded = pad(x, padded_shape(output, size, strides), padding, 0.0)
    y[...] = 0.0 if b is None else b
    for u, v, seen in taps(size, strides, output):
        y += padded[seen] @ w[u, v]


@checked(FLOAT)
def conv2d_backward_input(dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x."""
    size, output = w.shape[:2], dy.shape[1:3]
    shape = padded_shape(output, size, strides)
    padded = np.zeros((dx.shape[0], *shape, dx.shape[3]), dx.dtype)
    for u, v, seen in taps(size, strides, output):
        padded[seen] += dy @ w[u, v].T
    unpad(dx, padded, padding)


@checked(FLOAT)
def conv2d_backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, strides: Pair, padding: Pair
) -> None:
    """dw (kh, kw, in, out) and db (out,), or None, += gradients of conv2d_forward."""
    size, output = dw.shape[:2], dy.shape[1:3]
    padded = pad(x, padded_shape(output, size, strides), padding, 0.0)
    for u, v, seen in taps(size, strides, output):
        dw[u, v] += np.tensordot(padded[seen], dy, axes=([0, 1, 2], [0, 1, 2]))
    if db is not None:
        db += dy.sum(axis=(0, 1, 2))
