"""Pooling: maximum and average, of windows and of whole images.

Gradients are gathered: each pixel looks for the windows that it lies in.
"""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import pool as reference
from .arrays import FLOAT, Array
from .loops.columns import ACROSS, DOWN, THREADS, sum_down
from .loops.pixels import each_pixel
from .machine.compiler import Kernel

Pair = tuple[int, int]


def _geometry(*pairs: Pair) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(pair) for pair in pairs)


def _overlap(start, size, image):
    """First and last + 1 offset in a window from `start` on that lie inside the image."""
    return max(0, -start), min(size, image - start)


def _wins(new, old):
    """Whether a number beats another: it is larger, or NaN and the other is not."""
    return not (new <= old) and old == old


def _largest(n, p, q, c, arrays, geometry):
    """The largest pixel of a window; where it is goes to index."""
    index, x = arrays
    size, strides, padding = geometry
    row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
    u0, u1 = _overlap(row, size[0], x.shape[1])
    v0, v1 = _overlap(column, size[1], x.shape[2])
    best, tap = x[n, row + u0, column + v0, c], u0 * size[1] + v0
    for u in range(u0, u1):
        for v in range(v0, v1):
            new = x[n, row + u, column + v, c]
            if _wins(new, best):
                best, tap = new, u * size[1] + v
    index[n, p, q, c] = tap
    return best


_max_pool = each_pixel(_largest)


@twin(reference.max_pool2d_forward)
def max_pool2d_forward(y, index, x, size, strides, padding):
    _max_pool(y, (index, x), _geometry(size, strides, padding))


def _won(n, h, w, c, arrays, geometry):
    """The sum of dy over the windows that a pixel won."""
    dy, index = arrays
    size, strides, padding = geometry
    p, first_u = divmod(h + padding[0], strides[0])  # the last window that begins above
    last_q, first_v = divmod(w + padding[1], strides[1])
    total = np.float32(0)
    for u in range(first_u, size[0], strides[0]):
        q = last_q
        for v in range(first_v, size[1], strides[1]):
            there = 0 <= p < dy.shape[1] and 0 <= q < dy.shape[2]
            if there and index[n, p, q, c] == u * size[1] + v:
                total += dy[n, p, q, c]
            q -= 1
        p -= 1
    return total


_max_pool_gradient = each_pixel(_won)


@twin(reference.max_pool2d_backward)
def max_pool2d_backward(dx, dy, index, size, strides, padding):
    _max_pool_gradient(dx, (dy, index), _geometry(size, strides, padding))


def _mean(n, p, q, c, arrays, geometry):
    """The mean of a window's pixels."""
    x = arrays[0]
    size, strides, padding = geometry
    row, column = p * strides[0] - padding[0], q * strides[1] - padding[1]
    u0, u1 = _overlap(row, size[0], x.shape[1])
    v0, v1 = _overlap(column, size[1], x.shape[2])
    total = np.float32(0)
    for u in range(u0, u1):
        for v in range(v0, v1):
            total += x[n, row + u, column + v, c]
    return total / np.float32((u1 - u0) * (v1 - v0))


_average_pool = each_pixel(_mean)


@twin(reference.average_pool2d_forward)
def average_pool2d_forward(y, x, size, strides, padding):
    _average_pool(y, (x,), _geometry(size, strides, padding))


def _seen(output, size, stride, padding, image):
    """How many offsets in a window lie inside the image, along one axis."""
    first, last = _overlap(output * stride - padding, size, image)
    return last - first


def _shares(n, h, w, c, arrays, numbers):
    """The sum of dy over the windows that a pixel lies in, each divided by its pixels."""
    dy = arrays[0]
    size, strides, padding, image = numbers
    p, first_u = divmod(h + padding[0], strides[0])
    last_q, first_v = divmod(w + padding[1], strides[1])
    total = np.float32(0)
    for _ in range(first_u, size[0], strides[0]):
        q = last_q
        for _ in range(first_v, size[1], strides[1]):
            if 0 <= p < dy.shape[1] and 0 <= q < dy.shape[2]:
                rows = _seen(p, size[0], strides[0], padding[0], image[0])
                columns = _seen(q, size[1], strides[1], padding[1], image[1])
                total += dy[n, p, q, c] / np.float32(rows * columns)
            q -= 1
        p -= 1
    return total


_average_pool_gradient = each_pixel(_shares)


@twin(reference.average_pool2d_backward)
def average_pool2d_backward(dx, dy, size, strides, padding):
    _average_pool_gradient(dx, (dy,), (*_geometry(size, strides, padding), dx.shape[1:3]))


def _launch_of_columns(x: Array) -> tuple[tuple[int, int], int]:
    """A block for each image (n, m, c) and ACROSS of its channels."""
    return (x.shape[0], -(-x.shape[2] // ACROSS)), THREADS


@Kernel
def _global_max(y, index, x):
    """DOWN threads share the positions of a channel; then the first compares what they found."""
    values = cuda.shared.array(THREADS, np.float32)
    places = cuda.shared.array(THREADS, np.int32)
    thread, n = cuda.threadIdx.x, cuda.blockIdx.x
    c, down = cuda.blockIdx.y * ACROSS + thread % ACROSS, thread // ACROSS
    if c < x.shape[2] and down < x.shape[1]:
        best, place = x[n, down, c], down
        for m in range(down + DOWN, x.shape[1], DOWN):
            if _wins(x[n, m, c], best):
                best, place = x[n, m, c], m
        values[thread], places[thread] = best, place
    cuda.syncthreads()
    if c < x.shape[2] and down == 0:
        best, place = values[thread], places[thread]
        for other in range(1, min(DOWN, x.shape[1])):
            there = other * ACROSS + thread
            earlier = places[there] < place and not _wins(best, values[there])
            if earlier or _wins(values[there], best):
                best, place = values[there], places[there]
        y[n, c], index[n, c] = best, place


@twin(reference.global_max_pool_forward)
def global_max_pool_forward(y, index, x):
    _global_max(*_launch_of_columns(x), y, index, x)


def _put(_, n, m, c, arrays, _numbers):
    dy, index = arrays
    return dy[n, c] if index[n, c] == m else np.float32(0)


_global_max_gradient = each_pixel(_put)


@twin(reference.global_max_pool_backward)
def global_max_pool_backward(dx, dy, index):
    _global_max_gradient(dx.reshape((1, *dx.shape)), (dy, index))


@Kernel
def _global_average(y, x, share):
    """DOWN threads share the positions of a channel, and their sums are added in order."""
    shared = cuda.shared.array(THREADS, np.float32)
    n, down = cuda.blockIdx.x, cuda.threadIdx.x // ACROSS
    c = cuda.blockIdx.y * ACROSS + cuda.threadIdx.x % ACROSS
    total = np.float32(0)
    if c < x.shape[2]:
        for m in range(down, x.shape[1], DOWN):
            total += x[n, m, c]
    total = sum_down(total, shared)
    if c < x.shape[2] and down == 0:
        y[n, c] = total * share


@twin(reference.global_average_pool_forward)
def global_average_pool_forward(y, x):
    _global_average(*_launch_of_columns(x), y, x, FLOAT(1.0 / x.shape[1]))


def _share(_, n, _m, c, arrays, numbers):
    return arrays[0][n, c] * numbers[0]


_global_average_gradient = each_pixel(_share)


@twin(reference.global_average_pool_backward)
def global_average_pool_backward(dx, dy):
    _global_average_gradient(dx.reshape((1, *dx.shape)), (dy,), (FLOAT(1.0 / dx.shape[1]),))
