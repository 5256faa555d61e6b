"""Group normalisation (Wu & He 2018, section 3.1), by chunks of positions: see statistics.py.

gamma and beta of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import group_norm as reference
from .arrays import Array
from .loops.statistics import (
    CHUNK,
    gradient_sums,
    normalise_rows,
    or_constant,
    or_spare,
    row_statistics,
)
from .machine.compiler import compiled
from .machine.scratch import scratch


def _chunks(x: Array) -> Array:
    """Scratch for two sums of every sample, chunk and channel."""
    samples, positions, channels = x.shape
    return scratch("group norm", samples, -(-positions // CHUNK), 2, channels)


@compiled(parallel=True)
def _chunk_statistics(chunks, x):
    """chunks[i, k] = mean of sample i's k-th chunk, and squared deviations, by channel."""
    count = chunks.shape[1]
    for task in prange(chunks.shape[0] * count):
        i, k = task // count, task % count
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        row_statistics(chunks[i, k, 0], chunks[i, k, 1], x[i, rows])


@compiled(entry=True)
def _merge_groups(mean, inverse_deviation, chunks, positions, epsilon):
    """Mean and variance of each group from those of its chunks and channels, in float64."""
    size = chunks.shape[3] // mean.shape[1]
    for i in range(mean.shape[0]):
        for g in range(mean.shape[1]):
            total = 0.0
            for k in range(chunks.shape[1]):
                rows = min(CHUNK, positions - k * CHUNK)
                for c in range(g * size, (g + 1) * size):
                    total += rows * np.float64(chunks[i, k, 0, c])
            centre = total / (positions * size)
            squares = 0.0
            for k in range(chunks.shape[1]):
                rows = min(CHUNK, positions - k * CHUNK)
                for c in range(g * size, (g + 1) * size):
                    shift = np.float64(chunks[i, k, 0, c]) - centre
                    squares += np.float64(chunks[i, k, 1, c]) + rows * shift * shift
            mean[i, g] = centre
            inverse_deviation[i, g] = 1.0 / math.sqrt(squares / (positions * size) + epsilon)


@compiled(entry=True)
def _spread(channels, mean, inverse_deviation, gamma):
    """channels[i] = mean and factor gamma inverse_deviation of sample i, channel by channel."""
    size = channels.shape[2] // mean.shape[1]
    for i in range(channels.shape[0]):
        for c in range(channels.shape[2]):
            channels[i, 0, c] = mean[i, c // size]
            channels[i, 1, c] = inverse_deviation[i, c // size] * gamma[c]


@compiled(parallel=True)
def _normalise(y, x, channels, beta):
    count = (x.shape[1] + CHUNK - 1) // CHUNK
    for task in prange(x.shape[0] * count):
        i, k = task // count, task % count
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        normalise_rows(y[i, rows], x[i, rows], channels[i, 0], channels[i, 1], beta)


@twin(reference.group_norm_forward)
def group_norm_forward(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    samples, positions, channels = x.shape
    chunks = _chunks(x)
    _chunk_statistics(chunks, x)
    _merge_groups(mean, inverse_deviation, chunks, positions, float(epsilon))
    spread = scratch("group norm channels", samples, 2, channels)
    _spread(spread, mean, inverse_deviation, or_constant(gamma, 1, channels))
    _normalise(y, x, spread, or_constant(beta, 0, channels))


@compiled(parallel=True)
def _chunk_gradients(chunks, dy, x, channels):
    """chunks[i, k] = sums of dy and of dy (x - mean) over sample i's k-th chunk, by channel."""
    count = chunks.shape[1]
    for task in prange(chunks.shape[0] * count):
        i, k = task // count, task % count
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        gradient_sums(chunks[i, k, 0], chunks[i, k, 1], dy[i, rows], x[i, rows], channels[i, 0])


@compiled(entry=True)
def _merge_samples(dgamma, dbeta, chunks, inverse_deviation):
    """Add the sums of all chunks to dgamma and dbeta; leave each sample's in its chunk 0."""
    size = dgamma.size // inverse_deviation.shape[1]
    for c in range(dgamma.size):
        total_dy, total_product = 0.0, 0.0
        for i in range(chunks.shape[0]):
            sum_dy, sum_product = 0.0, 0.0
            for k in range(chunks.shape[1]):
                sum_dy += np.float64(chunks[i, k, 0, c])
                sum_product += np.float64(chunks[i, k, 1, c])
            sum_product *= inverse_deviation[i, c // size]
            total_dy += sum_dy
            total_product += sum_product
            chunks[i, 0, 0, c] = sum_dy
            chunks[i, 0, 1, c] = sum_product
        dgamma[c] += np.float32(total_product)
        dbeta[c] += np.float32(total_dy)


@compiled(entry=True)
def _project(offset, slope, chunks, gamma, inverse_deviation, positions):
    """Means of gamma dy and of gamma dy times normalised x over each group, by inverse_deviation.

    Both are written channel by channel; the slope is by inverse_deviation once more.
    """
    size = gamma.size // inverse_deviation.shape[1]
    for i in range(offset.shape[0]):
        for g in range(inverse_deviation.shape[1]):
            total, product = 0.0, 0.0
            for c in range(g * size, (g + 1) * size):
                total += np.float64(gamma[c]) * chunks[i, 0, 0, c]
                product += np.float64(gamma[c]) * chunks[i, 0, 1, c]
            inverse = inverse_deviation[i, g]
            offset[i, g * size : (g + 1) * size] = total * inverse / (positions * size)
            slope[i, g * size : (g + 1) * size] = product * inverse * inverse / (positions * size)


@compiled()
def _gradient_rows(dx, dy, x, mean, factor, offset, slope):
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            dx[row, c] = factor[c] * dy[row, c] - offset[c] - (x[row, c] - mean[c]) * slope[c]


@compiled(parallel=True)
def _input_gradient(dx, dy, x, channels, offset, slope):
    count = (x.shape[1] + CHUNK - 1) // CHUNK
    for task in prange(x.shape[0] * count):
        i, k = task // count, task % count
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _gradient_rows(
            *(dx[i, rows], dy[i, rows], x[i, rows]),
            *(channels[i, 0], channels[i, 1], offset[i], slope[i]),
        )


@twin(reference.group_norm_backward)
def group_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    samples, positions, channels = x.shape
    gamma = or_constant(gamma, 1, channels)
    spread = scratch("group norm channels", samples, 2, channels)
    _spread(spread, mean, inverse_deviation, gamma)
    chunks = _chunks(x)
    _chunk_gradients(chunks, dy, x, spread)
    spare = or_spare(dgamma, "dgamma", channels), or_spare(dbeta, "dbeta", channels)
    _merge_samples(*spare, chunks, inverse_deviation)
    offset = scratch("group norm offset", samples, channels)
    slope = scratch("group norm slope", samples, channels)
    _project(offset, slope, chunks, gamma, inverse_deviation, positions)
    _input_gradient(dx, dy, x, spread, offset, slope)
