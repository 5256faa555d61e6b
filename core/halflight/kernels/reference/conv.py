"""Convolution (cross-correlation, as in every network library) of images and volumes.

In two dimensions, by definition,
y[n, p, q, o] = b[o] + sum over u, v, i of
x[n, p sh + u dh - top, q sw + v dw - left, first + i] w[u, v, i, o],
x being zero outside the image; strides are (sh, sw), dilation (dh, dw), padding (top, left). With
`groups`, the channels out fall into as many equal runs, and the k-th sees the k-th run of the
channels in: first = k in / groups. In three dimensions, the same with one more axis.

In the laws: images d by h by w, outputs r by p by q, windows t by u by v; g groups of i
channels in, and o channels out.
"""

from collections.abc import Iterator

import numpy as np

from ..contract import kernel
from .arrays import Array
from .windows import Axes, Pair, Triple, pad, padded_shape, taps, unpad


def _groups(w: Array, groups: int) -> Iterator[tuple[slice, slice]]:
    """The channels in and the channels out of each group."""
    inputs, outputs = w.shape[-2], w.shape[-1] // groups
    for k in range(groups):
        yield slice(k * inputs, (k + 1) * inputs), slice(k * outputs, (k + 1) * outputs)


def _forward(
    y: Array,
    x: Array,
    w: Array,
    b: Array | None,
    strides: Axes,
    padding: Axes,
    dilation: Axes,
    groups: int,
) -> None:
    size, output = w.shape[:-2], y.shape[1:-1]
    padded = pad(x, padded_shape(output, size, strides, dilation), padding, 0.0)
    y[...] = 0.0 if b is None else b
    for *tap, seen in taps(size, strides, output, dilation):
        for inputs, outputs in _groups(w, groups):
            y[..., outputs] += padded[seen][..., inputs] @ w[tuple(tap)][:, outputs]


def _backward_input(
    dx: Array,
    dy: Array,
    w: Array,
    strides: Axes,
    padding: Axes,
    dilation: Axes,
    groups: int,
) -> None:
    size, output = w.shape[:-2], dy.shape[1:-1]
    shape = padded_shape(output, size, strides, dilation)
    padded = np.zeros((dx.shape[0], *shape, dx.shape[-1]), dx.dtype)
    for *tap, seen in taps(size, strides, output, dilation):
        for inputs, outputs in _groups(w, groups):
            padded[seen][..., inputs] += dy[..., outputs] @ w[tuple(tap)][:, outputs].T
    unpad(dx, padded, padding)


def _backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Axes,
    padding: Axes,
    dilation: Axes,
    groups: int,
) -> None:
    size, output = dw.shape[:-2], dy.shape[1:-1]
    padded = pad(x, padded_shape(output, size, strides, dilation), padding, 0.0)
    pixels = tuple(range(dy.ndim - 1))
    for *tap, seen in taps(size, strides, output, dilation):
        for inputs, outputs in _groups(dw, groups):
            dw[tuple(tap)][:, outputs] += np.tensordot(
                padded[seen][..., inputs], dy[..., outputs], axes=(pixels, pixels)
            )
    if db is not None:
        db += dy.sum(axis=pixels)


@kernel(y="n p q o", x="n h w g*i", w="u v i o", b="o?")
def conv2d_forward(
    y: Array,
    x: Array,
    w: Array,
    b: Array | None,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in / groups, out) and b (out,) or None."""
    _forward(y, x, w, b, strides, padding, dilation, groups)


@kernel(dx="n h w g*i", dy="n p q o", w="u v i o")
def conv2d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair, dilation: Pair, groups: int
) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x."""
    _backward_input(dx, dy, w, strides, padding, dilation, groups)


@kernel(dw="u v i o", db="o?", dy="n p q o", x="n h w g*i")
def conv2d_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """dw (kh, kw, in / groups, out) and db (out,), or None, += gradients of conv2d_forward."""
    _backward_weights(dw, db, dy, x, strides, padding, dilation, groups)


@kernel(y="n r p q o", x="n d h w g*i", w="t u v i o", b="o?")
def conv3d_forward(
    y: Array,
    x: Array,
    w: Array,
    b: Array | None,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in), w (kd, kh, kw, in / groups, out), b or None."""
    _forward(y, x, w, b, strides, padding, dilation, groups)


@kernel(dx="n d h w g*i", dy="n r p q o", w="t u v i o")
def conv3d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Triple, padding: Triple, dilation: Triple, groups: int
) -> None:
    """dx (n, d, h, w, in) = gradient of conv3d_forward by its x."""
    _backward_input(dx, dy, w, strides, padding, dilation, groups)


@kernel(dw="t u v i o", db="o?", dy="n r p q o", x="n d h w g*i")
def conv3d_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
) -> None:
    """dw (kd, kh, kw, in / groups, out) and db (out,), or None, += gradients of conv3d_forward."""
    _backward_weights(dw, db, dy, x, strides, padding, dilation, groups)
