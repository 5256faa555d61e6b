"""Batch normalisation, with the rectifier and the 2 x 2 maximum that may follow it.

A normalisation alone is one whose rectifier has the slope 1. gamma and beta of None stand for ones
and zeros, and a dgamma or dbeta of None is not computed.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import cuda

from ...formulas import floor_of, rectify
from ..arrays import FLOAT, Array, Indices, channels_of, flat
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from ..products.epilogue import or_constant
from .blocks import sum_of_warp
from .columns import column_sums, sum_columns
from .pairs import Pooling, masked, pair_of
from .rows import WARP, over_rows, row_here
from .statistics import chunk_statistics, merged

_ZERO, _ONE = np.float32(0), np.float32(1)


class Affine(NamedTuple):
    """normalised = (x - mean) factor + beta, each (c,)."""

    mean: Array
    factor: Array
    beta: Array


@Kernel
def _merge_statistics(
    mean, inverse_deviation, running_mean, running_variance, chunks, layout, momentum, rest, epsilon
):
    """The statistics of each channel, of which a warp has one; rest = 1 - momentum."""
    c, lane, stored = row_here(mean.size)
    centre, variance = merged(chunks, 0, c, 1, layout)
    if stored and lane == 0:
        mean[c] = centre
        inverse_deviation[c] = _ONE / math.sqrt(variance + epsilon)
        running_mean[c] = momentum * running_mean[c] + rest * centre
        running_variance[c] = momentum * running_variance[c] + rest * variance


def batch_statistics(
    mean: Array,
    inverse_deviation: Array,
    running_mean: Array,
    running_variance: Array,
    x: Array,
    momentum: float,
    epsilon: float,
) -> None:
    """Mean and 1 / sqrt(variance + epsilon) of x (..., c) by channel; the running ones move."""
    chunks, layout = chunk_statistics(x, 1, mean.size)
    to = mean, inverse_deviation, running_mean, running_variance
    momenta = FLOAT(momentum), FLOAT(1.0 - momentum)
    over_rows(_merge_statistics, mean.size, *to, chunks, tuple(layout), *momenta, FLOAT(epsilon))


@Kernel
def _invert(inverse_deviation, variance, epsilon):
    for c in range(cuda.grid(1), variance.size, cuda.gridsize(1)):
        inverse_deviation[c] = _ONE / math.sqrt(variance[c] + epsilon)


def inverse_deviation_of(variance: Array, epsilon: float) -> Array:
    """1 / sqrt(variance + epsilon), in scratch."""
    out = scratch("inverse deviation", variance.size)
    _invert.over(variance.size, out, variance, FLOAT(epsilon))
    return out


@Kernel
def _multiply(y, a, b):
    for c in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[c] = a[c] * b[c]


def affine(
    gamma: Array | None, beta: Array | None, mean: Array, inverse_deviation: Array
) -> Affine:
    """What to normalise with; the factor is gamma inverse_deviation."""
    factor, channels = inverse_deviation, mean.size
    if gamma is not None:
        factor = scratch("factor", channels)
        _multiply.over(channels, factor, gamma, inverse_deviation)
    return Affine(mean, factor, or_constant(beta, channels, 0.0))


@Kernel
def _finish(y, x, mean, factor, beta, slope, floor):
    """y = the rectified normal form of x; a thread has numbers of one channel at a time."""
    width = max(1, cuda.gridsize(1) // mean.size) * mean.size
    for start in range(cuda.grid(1), width, cuda.gridsize(1)):
        c = start % mean.size
        centre, scale, shift = mean[c], factor[c], beta[c]
        for i in range(start, y.size, width):
            y[i] = rectify((x[i] - centre) * scale + shift, slope, floor)


def _finished(value, vectors, c):
    mean, factor, beta, slope, floor = vectors
    return rectify((value - mean[c]) * factor[c] + beta[c], slope, floor)


_pool_finished = Pooling(_finished)


def finish(
    y: Array, index: Indices | None, x: Array, by: Affine, slope: float, *, pool: bool
) -> None:
    """y = x normalised, rectified, and then, with `pool`, the largest of 2 x 2 pixels."""
    end = FLOAT(slope), floor_of(slope)
    if pool:
        _pool_finished(y, index, x, (*by, *end))
    else:
        _finish.over(y.size, *flat(y, x), *by, *end)


def _terms(arrays, i, vectors, c):
    """The gradient before the rectifier, and it times x - mean."""
    x, dy = arrays
    mean, factor, beta, slope = vectors
    distance = x[i] - mean[c]
    gradient = masked(dy[i], distance * factor[c] + beta[c], slope)
    return gradient, gradient * distance


def _pooled_terms(arrays, i, vectors, c):
    """The same from the gradient of pooled numbers."""
    x, dy, index = arrays
    mean, factor, beta, slope, shape = vectors
    at, place = pair_of(i, shape)
    distance, gradient = x[i] - mean[c], _ZERO
    if at >= 0 and index[at] == place:
        gradient = masked(dy[at], distance * factor[c] + beta[c], slope)
    return gradient, gradient * distance


def _input_gradient(dx, arrays, vectors, offset, tilt):
    """dx = factor (gradient - offset - (x - mean) tilt)."""
    mean, factor = vectors[0], vectors[1]
    width = max(1, cuda.gridsize(1) // mean.size) * mean.size
    for start in range(cuda.grid(1), width, cuda.gridsize(1)):
        c = start % mean.size
        for i in range(start, dx.size, width):
            gradient, _ = term(arrays, i, vectors, c)  # noqa: F821 (a constant)
            distance = arrays[0][i] - mean[c]
            dx[i] = factor[c] * (gradient - offset[c] - distance * tilt[c])


_sum_terms, _sum_pooled = column_sums(_terms), column_sums(_pooled_terms)
_input, _input_pooled = (Kernel(_input_gradient, term=t) for t in (_terms, _pooled_terms))


@Kernel
def _merge_gradients(dgamma, dbeta, offset, tilt, sums, chunks, inverse_deviation, count):
    """Add to dgamma and dbeta, and find what the input's gradient needs; a warp has a channel."""
    c, lane, stored = row_here(dgamma.size)
    total, product = _ZERO, _ZERO
    for chunk in range(lane, chunks, WARP):
        total += sums[chunk * dgamma.size + c]
        product += sums[(chunks + chunk) * dgamma.size + c]
    total, product = sum_of_warp(total), sum_of_warp(product) * inverse_deviation[c]
    if stored and lane == 0:
        dgamma[c] += product
        dbeta[c] += total
        offset[c] = total / count
        tilt[c] = product * inverse_deviation[c] / count


def gradients(
    dx: Array | None,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    index: Indices | None,
    x: Array,
    by: Affine,
    inverse_deviation: Array,
    slope: float,
) -> None:
    """Gradients of `finish` with the batch's statistics, pooled if there is an index.

    dx may be x; a dx of None is not computed.
    """
    channels, pooled = channels_of(x), index is not None
    arrays = (x, dy, index) if pooled else (x, dy)
    vectors = (*by, FLOAT(slope), *((x.shape[1:],) if pooled else ()))
    sums, chunks = sum_columns(_sum_pooled if pooled else _sum_terms, arrays, vectors, channels)
    # Who needs no gradient lets it be added to memory that nobody reads.
    to_gamma = scratch("dgamma", channels) if dgamma is None else dgamma
    to_beta = scratch("dbeta", channels) if dbeta is None else dbeta
    offset, tilt = scratch("offset", channels), scratch("tilt", channels)
    to, count = (to_gamma, to_beta, offset, tilt), FLOAT(x.size // channels)
    over_rows(_merge_gradients, channels, *to, sums, chunks, inverse_deviation, count)
    if dx is not None:
        kernel = _input_pooled if pooled else _input
        kernel.over(dx.size, dx.reshape(dx.size), tuple(flat(*arrays)), vectors, offset, tilt)
