"""Depthwise convolution: every channel has windows of its own, by definition.

y[n, p, q, c m + k] = b[c m + k] + sum over u, v of
x[n, p sh + u dh - top, q sw + v dw - left, c] w[u, v, c, k], for m outputs a channel. Taps outside
the image take no part: not even a NaN there shows.

In the laws: images h by w, outputs p by q, windows u by v, c channels, m times.
"""

import numpy as np
from numpy.typing import NDArray

from ..contract import kernel
from .arrays import Array
from .windows import Axes, Pair, pad, padded_shape, taps, unpad


def _padded(x: Array, shape: Axes, padding: Axes) -> tuple[Array, NDArray[np.bool_]]:
    """x padded, (n, h, w, c, 1), and which of its pixels lie in the image, (1, h, w, 1, 1)."""
    inside = pad(np.ones((1, *x.shape[1:3], 1)), shape, padding, 0.0) == 1.0
    return pad(x, shape, padding, 0.0)[..., None], inside[..., None]


@kernel(y="n p q c*m", x="n h w c", w="u v c m", b="c*m?")
def depthwise_conv2d_forward(
    y: Array, x: Array, w: Array, b: Array | None, strides: Pair, padding: Pair, dilation: Pair
) -> None:
    """y (n, p, q, c m) from x (n, h, w, c), w (kh, kw, c, m) and b (c m,) or None."""
    size, output = w.shape[:2], y.shape[1:3]
    padded, inside = _padded(x, padded_shape(output, size, strides, dilation), padding)
    y[...] = 0.0 if b is None else b
    by_channel = y.reshape(*y.shape[:3], *w.shape[2:])
    for u, v, seen in taps(size, strides, output, dilation):
        by_channel += np.where(inside[seen], padded[seen] * w[u, v], 0.0)


@kernel(dx="n h w c", dy="n p q c*m", w="u v c m")
def depthwise_conv2d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair, dilation: Pair
) -> None:
    """dx (n, h, w, c) = gradient of depthwise_conv2d_forward by its x."""
    size, output = w.shape[:2], dy.shape[1:3]
    padded = np.zeros(
        (dx.shape[0], *padded_shape(output, size, strides, dilation), dx.shape[3]), dx.dtype
    )
    by_channel = dy.reshape(*dy.shape[:3], *w.shape[2:])
    for u, v, seen in taps(size, strides, output, dilation):
        padded[seen] += (by_channel * w[u, v]).sum(axis=-1)
    unpad(dx, padded, padding)


@kernel(dw="u v c m", db="c*m?", dy="n p q c*m", x="n h w c")
def depthwise_conv2d_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
) -> None:
    """dw (kh, kw, c, m) and db (c m,), or None, += gradients of depthwise_conv2d_forward."""
    size, output = dw.shape[:2], dy.shape[1:3]
    padded, inside = _padded(x, padded_shape(output, size, strides, dilation), padding)
    by_channel = dy.reshape(*dy.shape[:3], *dw.shape[2:])
    for u, v, seen in taps(size, strides, output, dilation):
        products = np.where(inside[seen], padded[seen] * by_channel, 0.0)
        dw[u, v] += products.sum(axis=(0, 1, 2))
    if db is not None:
        db += dy.sum(axis=(0, 1, 2))
