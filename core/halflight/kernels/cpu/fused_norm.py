"""Batch normalisation fused with the rectifier and the 2 x 2 maximum that follow it.

Images are the unit of parallel work, lines of pixels that of all loops (see pairs.py). What belongs
to a channel is repeated along a line. Gradient sums are taken over the rows of an image for each
number of a line, then over the line, then over the images in float64, all in order.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import prange

from ..contract import twin
from ..formulas import floor_of, rectify
from ..reference import fused_norm as reference
from .arrays import FLOAT, Array, Indices
from .loops.batch_statistics import batch_statistics, merge_gradients, scaling
from .loops.pairs import pool_lines, spread_line
from .loops.statistics import or_constant, or_spare
from .machine.arithmetic import fma
from .machine.compiler import compiled, thread_limit
from .machine.scratch import scratch
from .machine.vector import copy_floats

_ZERO = np.float32(0)


class Affine(NamedTuple):
    """Lines of what normalised = (x - mean) factor + beta needs."""

    mean: Array
    factor: Array
    beta: Array


@compiled()
def _finish_line(y, x, mean, factor, beta, slope, floor):
    for i in range(x.size):
        y[i] = rectify(fma(x[i] - mean[i], factor[i], beta[i]), slope, floor)


@compiled()
def _finish_image(y, index, x, mean, factor, beta, slope, floor, lines, place, channels, pool):
    upper, lower, value = lines[0], lines[1], lines[2]
    for row in range(y.shape[0]):
        if pool:
            _finish_line(upper, x[2 * row], mean, factor, beta, slope, floor)
            _finish_line(lower, x[2 * row + 1], mean, factor, beta, slope, floor)
            pool_lines(y[row], index[row], upper, lower, value, place, channels)
        else:
            _finish_line(y[row], x[row], mean, factor, beta, slope, floor)


@compiled(parallel=True)
def _finish(y, index, x, mean, factor, beta, slope, floor, lines, places, channels, pool):
    """y, index = the end of x; y, index (n, p, q c) and x (n, h, w c)."""
    for n in prange(len(x)):
        thread = numba.get_thread_id()
        _finish_image(
            y[n],
            index[np.int64(n) if pool else np.int64(0)],
            x[n],
            mean,
            factor,
            beta,
            slope,
            floor,
            lines[thread],
            places[thread],
            channels,
            pool,
        )


@compiled()
def _take_line(line, dy, index, row, channels):
    """line = what pooling hands down to a row of pixels."""
    if row // 2 == dy.shape[0]:
        line[:] = _ZERO
    else:
        spread_line(line, dy[row // 2], index[row // 2], row % 2, channels)


@compiled()
def _add_line(sums, line):
    for i in range(line.size):
        sums[i] += line[i]


@compiled(apart=True)
def _sum_line(sums, products, dy, x, mean, factor, beta, slope):
    """Add the gradient before the rectifier to sums, and it (x - mean) to products."""
    for i in range(x.size):
        deviation = x[i] - mean[i]
        z = fma(deviation, factor[i], beta[i])
        masked = dy[i] * slope if z <= _ZERO else dy[i]
        sums[i] += masked
        products[i] = fma(masked, deviation, products[i])


@compiled()
def _sum_image(chunk, dy, index, x, mean, factor, beta, slope, lines, channels, pool):
    line, sums, products = lines[0], lines[1], lines[2]
    sums[:] = _ZERO
    products[:] = _ZERO
    for row in range(x.shape[0]):
        if pool:
            _take_line(line, dy, index, row, channels)
        above = line if pool else dy[row]
        _sum_line(sums, products, above, x[row], mean, factor, beta, slope)
    chunk[:] = _ZERO
    for start in range(0, x.shape[1], channels):
        _add_line(chunk[0], sums[start : start + channels])
        _add_line(chunk[1], products[start : start + channels])


@compiled(parallel=True)
def _sum(chunks, dy, index, x, mean, factor, beta, slope, lines, channels, pool):
    """chunks[n] = sums over image n of the gradient before the rectifier, and of it (x - mean)."""
    for n in prange(len(x)):
        _sum_image(
            chunks[n],
            dy[n],
            index[np.int64(n) if pool else np.int64(0)],
            x[n],
            mean,
            factor,
            beta,
            slope,
            lines[numba.get_thread_id()],
            channels,
            pool,
        )


@compiled(apart=True)
def _input_gradient_line(line, dy, x, mean, factor, beta, slope, tilt, offset):
    for i in range(x.size):
        deviation = x[i] - mean[i]
        z = fma(deviation, factor[i], beta[i])
        masked = dy[i] * slope if z <= _ZERO else dy[i]
        line[i] = factor[i] * fma(-deviation, tilt[i], masked - offset[i])


@compiled()
def _input_gradient_image(
    dx, dy, index, x, mean, factor, beta, slope, tilt, offset, lines, channels, pool
):
    """Each line is finished in scratch, as dx may be x and loops in place make no vectors."""
    line, finished = lines[0], lines[1]
    for row in range(x.shape[0]):
        if pool:
            _take_line(line, dy, index, row, channels)
        above = line if pool else dy[row]
        _input_gradient_line(finished, above, x[row], mean, factor, beta, slope, tilt, offset)
        copy_floats(dx[row], 0, finished, 0, finished.size)


@compiled(parallel=True)
def _input_gradient(
    dx, dy, index, x, mean, factor, beta, slope, tilt, offset, lines, channels, pool
):
    for n in prange(len(x)):
        _input_gradient_image(
            dx[n],
            dy[n],
            index[np.int64(n) if pool else np.int64(0)],
            x[n],
            mean,
            factor,
            beta,
            slope,
            tilt,
            offset,
            lines[numba.get_thread_id()],
            channels,
            pool,
        )


def _repeated(name: str, values: Array, width: int) -> Array:
    """A line of `width` pixels that all have these values, in scratch."""
    line = scratch(f"line of {name}", width, values.size)
    np.copyto(line, values)
    return line.reshape(-1)


def _affine(
    x: Array, gamma: Array | None, beta: Array | None, mean: Array, inverse_deviation: Array
) -> Affine:
    width = x.shape[2]
    return Affine(
        _repeated("mean", mean, width),
        _repeated("factor", scaling(gamma, inverse_deviation), width),
        _repeated("beta", or_constant(beta, 0, mean.size), width),
    )


def _lines(x: Any) -> Any:
    """(n, h, w, c) as (n, h, w c)."""
    return x.reshape(*x.shape[:2], -1)


def _places(index: Indices | None) -> Indices:
    """An index as lines, or where there is none one place that nobody reads."""
    return np.empty((1, 1, 1), np.int32) if index is None else _lines(index)


@twin(reference.batch_norm_fused_forward)
def batch_norm_fused_forward(
    y,
    index,
    mean,
    inverse_deviation,
    running_mean,
    running_variance,
    x,
    gamma,
    beta,
    momentum,
    epsilon,
    slope,
    pool,
):
    channels, threads = x.shape[-1], thread_limit()
    running = (running_mean, running_variance)
    rows = x.reshape(-1, channels)
    batch_statistics(mean, inverse_deviation, *running, rows, momentum, epsilon)
    affine = _affine(x, gamma, beta, mean, inverse_deviation)
    line = affine.mean.size
    if pool and index is None:
        index = scratch("unread places", *y.shape).view(np.int32)
    _finish(
        _lines(y),
        _places(index),
        _lines(x),
        *affine,
        FLOAT(slope),
        floor_of(slope),
        scratch("lines", threads, 3, line),
        scratch("places", threads, line).view(np.int32),
        channels,
        bool(pool),
    )


@twin(reference.batch_norm_fused_backward)
def batch_norm_fused_backward(
    dx, dgamma, dbeta, dy, index, x, gamma, beta, mean, inverse_deviation, slope, pool
):
    channels, width, below, pooled = x.shape[-1], x.shape[2], FLOAT(slope), bool(pool)
    affine = _affine(x, gamma, beta, mean, inverse_deviation)
    read = (_lines(dy), _places(index), _lines(x))
    lines = scratch("lines", thread_limit(), 3, affine.mean.size)
    chunks = scratch("image sums", len(x), 2, channels)
    _sum(chunks, *read, *affine, below, lines, channels, pooled)
    dgamma, dbeta = or_spare(dgamma, "dgamma", channels), or_spare(dbeta, "dbeta", channels)
    merge_gradients(dgamma, dbeta, chunks, inverse_deviation)
    sums = chunks[0]
    sums /= FLOAT(x.size // channels)
    sums[1] *= inverse_deviation
    shares = _repeated("tilt", sums[1], width), _repeated("offset", sums[0], width)
    _input_gradient(_lines(dx), *read, *affine, below, *shares, lines, channels, pooled)
