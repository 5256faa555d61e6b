"""Depthwise convolution: a thread for each output, neighbouring channels side by side."""

import numpy as np
from numba import cuda

from ..contract import checked
from .arrays import FLOAT, Array, flat
from .columns import add_column_sums
from .compiler import Kernel
from .depthwise_weights import depthwise_weights
from .epilogue import or_constant

__all__ = [
    "depthwise_conv2d_backward_input",
    "depthwise_conv2d_backward_weights",
    "depthwise_conv2d_forward",
]

Pair = tuple[int, int]


@Kernel
def _forward(y, x, w, bias, outputs, image, size, strides, padding, dilation):  # type: ignore
    """outputs (p, q, c m), image (h, w, c) and size (kh, kw) are shapes."""
    columns, (height, width, channels) = outputs[2], image
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        pixel, output = divmod(i, columns)
        rest, q = divmod(pixel, outputs[1])
        n, p = divmod(rest, outputs[0])
        source = n * height * width * channels + output // (columns // channels)
        total = bias[output]
        for u in range(size[0]):
            row = p * strides[0] - padding[0] + u * dilation[0]
            if row < 0 or row >= height:
                continue
            for v in range(size[1]):
                column = q * strides[1] - padding[1] + v * dilation[1]
                if column >= 0 and column < width:
                    at = source + (row * width + column) * channels
                    total += x[at] * w[(u * size[1] + v) * columns + output]
        y[i] = total


@checked(FLOAT)
def depthwise_conv2d_forward(
    y: Array, x: Array, w: Array, b: Array | None, strides: Pair, padding: Pair, dilation: Pair
) -> None:
    """y (n, p, q, c m) from x (n, h, w, c), w (kh, kw, c, m) and b (c m,) or None."""
    bias = or_constant(b, y.shape[3], 0.0)
    shapes = y.shape[1:], x.shape[1:], w.shape[:2]
    geometry = tuple(strides), tuple(padding), tuple(dilation)
    _forward.over(y.size, *flat(y, x, w), bias, *shapes, *geometry)


@Kernel
def _backward_input(dx, dy, w, outputs, image, size, strides, padding, dilation):  # type: ignore
    """The outputs that see a pixel are those whose window begins a whole number of strides off."""
    columns, (height, width, channels) = outputs[2], image
    multiplier = columns // channels
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        pixel, c = divmod(i, channels)
        rest, column = divmod(pixel, width)
        n, row = divmod(rest, height)
        total = np.float32(0)
        for u in range(size[0]):
            top = row + padding[0] - u * dilation[0]
            if top < 0 or top % strides[0] or top // strides[0] >= outputs[0]:
                continue
            line = (n * outputs[0] + top // strides[0]) * outputs[1]
            for v in range(size[1]):
                left = column + padding[1] - v * dilation[1]
                if left < 0 or left % strides[1] or left // strides[1] >= outputs[1]:
                    continue
                at = (line + left // strides[1]) * columns + c * multiplier
                weight = (u * size[1] + v) * columns + c * multiplier
                for k in range(multiplier):
                    total += dy[at + k] * w[weight + k]
        dx[i] = total


@checked(FLOAT)
def depthwise_conv2d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair, dilation: Pair
) -> None:
    """dx (n, h, w, c) = gradient of depthwise_conv2d_forward by its x."""
    shapes = dy.shape[1:], dx.shape[1:], w.shape[:2]
    geometry = tuple(strides), tuple(padding), tuple(dilation)
    _backward_input.over(dx.size, *flat(dx, dy, w), *shapes, *geometry)


@checked(FLOAT)
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
    depthwise_weights(dw, dy, x, strides, padding, dilation)
    if db is not None:
        add_column_sums(db, dy)
