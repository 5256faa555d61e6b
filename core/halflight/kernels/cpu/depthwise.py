"""Depthwise convolution: one row of an image is the unit of work, channels are the inner loop.

For several outputs a channel, weights and rows are kept with the output's number before the
channel, (..., m, c), so that every multiplication runs over neighbouring channels.
"""

import numba
import numpy as np
from numba import prange

from ..contract import twin
from ..reference import depthwise as reference
from .arrays import Array
from .convolution.depthwise_weights import depthwise_weights
from .convolution.strips import multiply_add, reaching, split, window_columns
from .machine.compiler import compiled, thread_limit
from .machine.scratch import scratch

Pair = tuple[int, int]


def _by_output(w: Array) -> Array:
    """A copy of w (kh, kw, c, m) as (kh, kw, m, c)."""
    rows, columns, channels, multiplier = w.shape
    packed = scratch("depthwise w", rows, columns, multiplier, channels)
    np.copyto(packed, w.transpose(0, 1, 3, 2))
    return packed


@compiled()
def _join(y, strip):
    """y (q, c m) = strip (q, m, c)."""
    _, multiplier, channels = strip.shape
    for q in range(len(strip)):
        for c in range(channels):
            for k in range(multiplier):
                y[q, c * multiplier + k] = strip[q, k, c]


@compiled()
def _forward_row(y, x, w, bias, p, strides, padding, dilation, strip):
    """y (q, c m) = row p of the outputs of one image x (h, w, c)."""
    for q in range(len(strip)):
        strip[q] = bias
    for u in range(w.shape[0]):
        row = p * strides[0] - padding[0] + u * dilation[0]
        if row < 0 or row >= x.shape[0]:
            continue
        for v in range(w.shape[1]):
            start = v * dilation[1] - padding[1]
            begin, end = window_columns(start, strides[1], len(strip), x.shape[1])
            for q in range(begin, end):
                for k in range(w.shape[2]):
                    multiply_add(strip[q, k], x[row, start + q * strides[1]], w[u, v, k])
    _join(y, strip)


@compiled(parallel=True)
def _forward(y, x, w, bias, strides, padding, dilation, strips):
    rows = y.shape[1]
    for i in prange(len(y) * rows):
        n, p = i // rows, i % rows
        strip = strips[numba.get_thread_id()]
        _forward_row(y[n, p], x[n], w, bias, p, strides, padding, dilation, strip)


@twin(reference.depthwise_conv2d_forward)
def depthwise_conv2d_forward(y, x, w, b, strides, padding, dilation):
    channels, multiplier = w.shape[2:]
    bias = scratch("depthwise b", multiplier, channels)
    bias[:] = 0.0 if b is None else b.reshape(channels, multiplier).T
    strips = scratch("strips", thread_limit(), y.shape[2], multiplier, channels)
    _forward(y, x, _by_output(w), bias, strides, padding, dilation, strips)


@compiled()
def _backward_input_row(dx, dy, w, row, strides, padding, dilation, strip):
    """dx (w, c) = a row of the gradient of one image, from dy (p, q, c m)."""
    dx[:] = np.float32(0)
    for u in range(w.shape[0]):
        p = reaching(row + padding[0] - u * dilation[0], strides[0], len(dy))
        if p < 0:
            continue
        split(strip, dy[p])
        for v in range(w.shape[1]):
            start = v * dilation[1] - padding[1]
            begin, end = window_columns(start, strides[1], len(strip), len(dx))
            for q in range(begin, end):
                for k in range(w.shape[2]):
                    multiply_add(dx[start + q * strides[1]], strip[q, k], w[u, v, k])


@compiled(parallel=True)
def _backward_input(dx, dy, w, strides, padding, dilation, strips):
    rows = dx.shape[1]
    for i in prange(len(dx) * rows):
        n, row = i // rows, i % rows
        strip = strips[numba.get_thread_id()]
        _backward_input_row(dx[n, row], dy[n], w, row, strides, padding, dilation, strip)


@twin(reference.depthwise_conv2d_backward_input)
def depthwise_conv2d_backward_input(dx, dy, w, strides, padding, dilation):
    channels, multiplier = w.shape[2:]
    strips = scratch("strips", thread_limit(), dy.shape[2], multiplier, channels)
    _backward_input(dx, dy, _by_output(w), strides, padding, dilation, strips)


@twin(reference.depthwise_conv2d_backward_weights)
def depthwise_conv2d_backward_weights(dw, db, dy, x, strides, padding, dilation):
    depthwise_weights(dw, db, dy, x, strides, padding, dilation)
