"""Enlarging images: by repeating pixels, and by interpolating between them.

Rows are the unit of parallel work where a row is all that a pixel depends on, else images.
"""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import upsample as reference
from .arrays import Array
from .machine.compiler import compiled
from .pool import Pair

_between = compiled()(formulas.between)


def _blocks(y: Array, size: Pair) -> Array:
    """(n, h size[0], w size[1], c) as (n h, size[0], w, size[1], c)."""
    batch, rows, columns, channels = y.shape
    return y.reshape(batch * rows // size[0], size[0], columns // size[1], size[1], channels)


def _image_rows(x: Array) -> Array:
    """(n, h, w, c) as (n h, w, c)."""
    return x.reshape(-1, *x.shape[2:])


@compiled()
def _repeat_row(y, x):
    for u in range(y.shape[0]):
        for column in range(y.shape[1]):
            for v in range(y.shape[2]):
                for c in range(x.shape[1]):
                    y[u, column, v, c] = x[column, c]


@compiled(parallel=True)
def _repeat_rows(y, x):
    for row in prange(len(x)):
        _repeat_row(y[row], x[row])


@twin(reference.upsample2d_nearest_forward)
def upsample2d_nearest_forward(y, x, size):
    _repeat_rows(_blocks(y, size), _image_rows(x))


@compiled()
def _sum_block_row(dx, dy):
    dx[:] = np.float32(0)
    for u in range(dy.shape[0]):
        for column in range(dy.shape[1]):
            for v in range(dy.shape[2]):
                for c in range(dx.shape[1]):
                    dx[column, c] += dy[u, column, v, c]


@compiled(parallel=True)
def _sum_block_rows(dx, dy):
    for row in prange(len(dx)):
        _sum_block_row(dx[row], dy[row])


@twin(reference.upsample2d_nearest_backward)
def upsample2d_nearest_backward(dx, dy, size):
    _sum_block_rows(_image_rows(dx), _blocks(dy, size))


@compiled()
def _blend(y, above, above_right, below, below_right, down, right):
    """y = the four neighbours, weighted by how far down and right of the first it lies."""
    up, left = np.float32(1) - down, np.float32(1) - right
    for c in range(y.size):
        y[c] = up * (left * above[c] + right * above_right[c]) + down * (
            left * below[c] + right * below_right[c]
        )


@compiled()
def _bilinear_image(y, x, size):
    height, width = x.shape[0], x.shape[1]
    for p in range(y.shape[0]):
        top, bottom, down = _between(p, size[0], height)
        for q in range(y.shape[1]):
            first, second, right = _between(q, size[1], width)
            _blend(
                y[p, q],
                x[top, first],
                x[top, second],
                x[bottom, first],
                x[bottom, second],
                down,
                right,
            )


@compiled(parallel=True)
def _bilinear_forward(y, x, size):
    for n in prange(len(x)):
        _bilinear_image(y[n], x[n], size)


@twin(reference.upsample2d_bilinear_forward)
def upsample2d_bilinear_forward(y, x, size):
    _bilinear_forward(y, x, tuple(size))


@compiled()
def _add_part(dx, dy, weight):
    for c in range(dx.size):
        dx[c] += weight * dy[c]


@compiled()
def _bilinear_image_adjoint(dx, dy, size):
    dx[:] = np.float32(0)
    one = np.float32(1)
    for p in range(dy.shape[0]):
        top, bottom, down = _between(p, size[0], dx.shape[0])
        for q in range(dy.shape[1]):
            first, second, right = _between(q, size[1], dx.shape[1])
            _add_part(dx[top, first], dy[p, q], (one - down) * (one - right))
            _add_part(dx[top, second], dy[p, q], (one - down) * right)
            _add_part(dx[bottom, first], dy[p, q], down * (one - right))
            _add_part(dx[bottom, second], dy[p, q], down * right)


@compiled(parallel=True)
def _bilinear_backward(dx, dy, size):
    for n in prange(len(dx)):
        _bilinear_image_adjoint(dx[n], dy[n], size)


@twin(reference.upsample2d_bilinear_backward)
def upsample2d_bilinear_backward(dx, dy, size):
    _bilinear_backward(dx, dy, tuple(size))
