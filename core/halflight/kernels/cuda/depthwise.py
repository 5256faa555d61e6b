"""Depthwise convolution: a thread for each output, neighbouring channels side by side."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import depthwise as reference
from .arrays import flat
from .loops.columns import add_column_sums
from .machine.compiler import Kernel
from .products.depthwise_weights import depthwise_weights
from .products.epilogue import or_constant

Pair = tuple[int, int]


@Kernel
def _forward(y, x, w, bias, outputs, image, size, strides, padding, dilation):
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


@twin(reference.depthwise_conv2d_forward)
def depthwise_conv2d_forward(y, x, w, b, strides, padding, dilation):
    bias = or_constant(b, y.shape[3], 0.0)
    shapes = y.shape[1:], x.shape[1:], w.shape[:2]
    geometry = tuple(strides), tuple(padding), tuple(dilation)
    _forward.over(y.size, *flat(y, x, w), bias, *shapes, *geometry)


@Kernel
def _backward_input(dx, dy, w, outputs, image, size, strides, padding, dilation):
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


@twin(reference.depthwise_conv2d_backward_input)
def depthwise_conv2d_backward_input(dx, dy, w, strides, padding, dilation):
    shapes = dy.shape[1:], dx.shape[1:], w.shape[:2]
    geometry = tuple(strides), tuple(padding), tuple(dilation)
    _backward_input.over(dx.size, *flat(dx, dy, w), *shapes, *geometry)


@twin(reference.depthwise_conv2d_backward_weights)
def depthwise_conv2d_backward_weights(dw, db, dy, x, strides, padding, dilation):
    depthwise_weights(dw, dy, x, strides, padding, dilation)
    if db is not None:
        add_column_sums(db, dy)
