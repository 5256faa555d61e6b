"""Masks of sequences: a thread goes through the steps of one sample, for one value of each."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import masking as reference
from .arrays import fill, flat
from .machine.compiler import Kernel


@Kernel
def _unequal_any(y, x, width, value):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        found = np.float32(0)
        for k in range(i * width, (i + 1) * width):
            if x[k] != value:
                found = np.float32(1)
        y[i] = found


@twin(reference.unequal_any)
def unequal_any(y, x, value):
    width = x.shape[x.ndim - 1]
    y, x = flat(y, x)
    _unequal_any.over(y.size, y, x, width, np.float32(value))


@Kernel
def _unequal_index(y, index, value):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = np.float32(1) if index[i] != value else np.float32(0)


@twin(reference.unequal_index)
def unequal_index(y, index, value):
    y, index = flat(y, index)
    _unequal_index.over(y.size, y, index, np.int32(value))


@Kernel
def _clear(y, x, mask, width):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] if mask[i // width] != np.float32(0) else np.float32(0)


@twin(reference.clear_steps)
def clear_steps(y, x, mask):
    width = y.shape[2]
    y, x, mask = flat(y, x, mask)
    _clear.over(y.size, y, x, mask, width)


# What a thread does at each step: to pack it, to give it back, to show it, to add it up.
_PACK, _UNPACK, _SPREAD, _GATHER = range(4)


@Kernel
def _walk(out, read, mask, samples, times, width, reverse, task):
    """A thread for each sample and value; `out` holds zeros."""
    zero = np.float32(0)
    for i in range(cuda.grid(1), samples * width, cuda.gridsize(1)):
        sample, column = divmod(i, width)
        count = 0
        for k in range(times):
            step = times - 1 - k if reverse else k
            counts = mask[sample * times + step] != zero
            if counts:
                count += 1
            if count == 0:
                continue
            packed = times - count if reverse else count - 1
            here = (sample * times + step) * width + column
            there = (sample * times + packed) * width + column
            if task == _PACK and counts:
                out[there] = read[here]
            elif (task == _UNPACK and counts) or task == _SPREAD:
                out[here] = read[there]
            elif task == _GATHER:
                out[there] += read[here]


def _walked(out, read, mask, reverse, task):
    samples, times, width = read.shape
    fill(out, 0.0)
    out, read, mask = flat(out, read, mask)
    _walk.over(samples * width, out, read, mask, samples, times, width, reverse, task)


@twin(reference.pack_steps)
def pack_steps(y, x, mask, reverse):
    _walked(y, x, mask, reverse, _PACK)


@twin(reference.unpack_steps)
def unpack_steps(dx, dy, mask, reverse):
    _walked(dx, dy, mask, reverse, _UNPACK)


@twin(reference.spread_steps)
def spread_steps(y, x, mask, reverse):
    _walked(y, x, mask, reverse, _SPREAD)


@twin(reference.gather_steps)
def gather_steps(dx, dy, mask, reverse):
    _walked(dx, dy, mask, reverse, _GATHER)


@Kernel
def _average(y, x, mask, times, width):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        sample, column = divmod(i, width)
        total, count = np.float32(0), np.float32(0)
        for step in range(sample * times, (sample + 1) * times):
            if mask[step] != np.float32(0):
                total += x[step * width + column]
                count += np.float32(1)
        y[i] = total / max(count, np.float32(1))


@twin(reference.masked_average_forward)
def masked_average_forward(y, x, mask):
    times, width = x.shape[1], x.shape[2]
    y, x, mask = flat(y, x, mask)
    _average.over(y.size, y, x, mask, times, width)


@Kernel
def _share(dx, dy, mask, times, width):
    for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
        sample, column = divmod(i, width)
        count = np.float32(0)
        for step in range(sample * times, (sample + 1) * times):
            if mask[step] != np.float32(0):
                count += np.float32(1)
        for step in range(sample * times, (sample + 1) * times):
            counts = mask[step] != np.float32(0)
            dx[step * width + column] = dy[i] / count if counts else np.float32(0)


@twin(reference.masked_average_backward)
def masked_average_backward(dx, dy, mask):
    times, width = dx.shape[1], dx.shape[2]
    dx, dy, mask = flat(dx, dy, mask)
    _share.over(dy.size, dx, dy, mask, times, width)


@Kernel
def _fill_columns(y, mask, rows, times, value):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        if mask[i // (rows * times) * times + i % times] == np.float32(0):
            y[i] = value


@twin(reference.fill_masked)
def fill_masked(y, mask, value):
    rows, times = y.shape[1], y.shape[2]
    y, mask = flat(y, mask)
    _fill_columns.over(y.size, y, mask, rows, times, np.float32(value))
