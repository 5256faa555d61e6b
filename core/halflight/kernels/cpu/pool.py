"""Pooling: maximum and average, of windows and of whole images.

Images are the unit of parallel work.
"""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import pool as reference
from .arrays import FLOAT
from .machine.compiler import compiled

Pair = tuple[int, int]


@compiled()
def _overlap(output, size, stride, padding, image):
    """First and last + 1 offset in a window that lie inside the image, along one axis."""
    start = output * stride - padding
    return max(0, -start), min(size, image - start)


@compiled()
def _take(y, index, x, tap):
    for c in range(y.size):
        y[c] = x[c]
        index[c] = tap


@compiled()
def _take_larger(y, index, x, tap):
    """Where x beats y, or is NaN and y is not, y = x and index = tap."""
    for c in range(y.size):
        new, old = x[c], y[c]
        wins = not (new <= old) and old == old  # also when new is NaN, but not when old is
        y[c] = new if wins else old
        index[c] = tap if wins else index[c]


@compiled()
def _max_pool2d_forward_image(y, index, x, size, strides, padding):
    for p in range(y.shape[0]):
        u0, u1 = _overlap(p, size[0], strides[0], padding[0], x.shape[0])
        for q in range(y.shape[1]):
            v0, v1 = _overlap(q, size[1], strides[1], padding[1], x.shape[1])
            row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
            first = np.int32(u0 * size[1] + v0)
            _take(y[p, q], index[p, q], x[row + u0, column + v0], first)
            for u in range(u0, u1):
                for v in range(v0, v1):
                    tap = np.int32(u * size[1] + v)
                    _take_larger(y[p, q], index[p, q], x[row + u, column + v], tap)


@compiled(parallel=True)
def _max_pool2d_forward(y, index, x, size, strides, padding):
    for n in prange(len(y)):
        _max_pool2d_forward_image(y[n], index[n], x[n], size, strides, padding)


@twin(reference.max_pool2d_forward)
def max_pool2d_forward(y, index, x, size, strides, padding):
    _max_pool2d_forward(y, index, x, tuple(size), tuple(strides), tuple(padding))


@compiled()
def _add_where(dx, dy, index, tap):
    """dx += dy where index = tap."""
    for c in range(dx.size):
        dx[c] += dy[c] if index[c] == tap else np.float32(0)


@compiled()
def _max_pool2d_backward_image(dx, dy, index, size, strides, padding):
    dx[:] = np.float32(0)
    for p in range(dy.shape[0]):
        u0, u1 = _overlap(p, size[0], strides[0], padding[0], dx.shape[0])
        for q in range(dy.shape[1]):
            v0, v1 = _overlap(q, size[1], strides[1], padding[1], dx.shape[1])
            row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
            for u in range(u0, u1):
                for v in range(v0, v1):
                    tap = np.int32(u * size[1] + v)
                    _add_where(dx[row + u, column + v], dy[p, q], index[p, q], tap)


@compiled(parallel=True)
def _max_pool2d_backward(dx, dy, index, size, strides, padding):
    for n in prange(len(dy)):
        _max_pool2d_backward_image(dx[n], dy[n], index[n], size, strides, padding)


@twin(reference.max_pool2d_backward)
def max_pool2d_backward(dx, dy, index, size, strides, padding):
    _max_pool2d_backward(dx, dy, index, tuple(size), tuple(strides), tuple(padding))


@compiled()
def _add_scaled(y, x, factor):
    for c in range(y.size):
        y[c] += factor * x[c]


@compiled()
def _average_pool2d_forward_image(y, x, size, strides, padding):
    y[:] = np.float32(0)
    for p in range(y.shape[0]):
        u0, u1 = _overlap(p, size[0], strides[0], padding[0], x.shape[0])
        for q in range(y.shape[1]):
            v0, v1 = _overlap(q, size[1], strides[1], padding[1], x.shape[1])
            row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
            share = np.float32(1) / np.float32((u1 - u0) * (v1 - v0))
            for u in range(u0, u1):
                for v in range(v0, v1):
                    _add_scaled(y[p, q], x[row + u, column + v], share)


@compiled(parallel=True)
def _average_pool2d_forward(y, x, size, strides, padding):
    for n in prange(len(y)):
        _average_pool2d_forward_image(y[n], x[n], size, strides, padding)


@twin(reference.average_pool2d_forward)
def average_pool2d_forward(y, x, size, strides, padding):
    _average_pool2d_forward(y, x, tuple(size), tuple(strides), tuple(padding))


@compiled()
def _average_pool2d_backward_image(dx, dy, size, strides, padding):
    dx[:] = np.float32(0)
    for p in range(dy.shape[0]):
        u0, u1 = _overlap(p, size[0], strides[0], padding[0], dx.shape[0])
        for q in range(dy.shape[1]):
            v0, v1 = _overlap(q, size[1], strides[1], padding[1], dx.shape[1])
            row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
            share = np.float32(1) / np.float32((u1 - u0) * (v1 - v0))
            for u in range(u0, u1):
                for v in range(v0, v1):
                    _add_scaled(dx[row + u, column + v], dy[p, q], share)


@compiled(parallel=True)
def _average_pool2d_backward(dx, dy, size, strides, padding):
    for n in prange(len(dy)):
        _average_pool2d_backward_image(dx[n], dy[n], size, strides, padding)


@twin(reference.average_pool2d_backward)
def average_pool2d_backward(dx, dy, size, strides, padding):
    _average_pool2d_backward(dx, dy, tuple(size), tuple(strides), tuple(padding))


@compiled()
def _global_max_sample(y, index, x):
    _take(y, index, x[0], np.int32(0))
    for position in range(1, len(x)):
        _take_larger(y, index, x[position], np.int32(position))


@compiled(parallel=True)
def _global_max_pool_forward(y, index, x):
    for n in prange(len(x)):
        _global_max_sample(y[n], index[n], x[n])


@twin(reference.global_max_pool_forward)
def global_max_pool_forward(y, index, x):
    _global_max_pool_forward(y, index, x)


@compiled()
def _put_sample(dx, dy, index):
    for position in range(len(dx)):
        for c in range(dy.size):
            dx[position, c] = dy[c] if index[c] == np.int32(position) else np.float32(0)


@compiled(parallel=True)
def _global_max_pool_backward(dx, dy, index):
    for n in prange(len(dx)):
        _put_sample(dx[n], dy[n], index[n])


@twin(reference.global_max_pool_backward)
def global_max_pool_backward(dx, dy, index):
    _global_max_pool_backward(dx, dy, index)


@compiled()
def _global_average_sample(y, x, share):
    y[:] = np.float32(0)
    for position in range(len(x)):
        _add_scaled(y, x[position], share)


@compiled(parallel=True)
def _global_average_pool_forward(y, x, share):
    for n in prange(len(x)):
        _global_average_sample(y[n], x[n], share)


@twin(reference.global_average_pool_forward)
def global_average_pool_forward(y, x):
    _global_average_pool_forward(y, x, FLOAT(1.0 / x.shape[1]))


@compiled()
def _share_sample(dx, dy, share):
    for position in range(len(dx)):
        for c in range(dy.size):
            dx[position, c] = dy[c] * share


@compiled(parallel=True)
def _global_average_pool_backward(dx, dy, share):
    for n in prange(len(dx)):
        _share_sample(dx[n], dy[n], share)


@twin(reference.global_average_pool_backward)
def global_average_pool_backward(dx, dy):
    _global_average_pool_backward(dx, dy, FLOAT(1.0 / dx.shape[1]))
