"""Statistics of a batch by channel, merged from chunks: what batch normalisation is made of."""

import math

import numpy as np
from numba import prange

from ..arrays import FLOAT, Array
from ..machine.compiler import compiled
from ..machine.scratch import scratch
from .statistics import CHUNK, or_constant, row_statistics


def chunk_scratch(name: str, x: Array) -> Array:
    """Scratch for two sums of every chunk and channel."""
    return scratch(name, -(-x.size // x.shape[-1] // CHUNK), 2, x.shape[-1])


@compiled(parallel=True)
def _chunk_statistics(chunks, x):
    """chunks[k] = mean of the k-th chunk of rows, and sum of squared deviations from it."""
    for k in prange(len(chunks)):
        row_statistics(chunks[k, 0], chunks[k, 1], x[k * CHUNK : (k + 1) * CHUNK])


@compiled(entry=True)
def _merge_statistics(
    mean, inverse_deviation, running_mean, running_variance, chunks, rows, momentum, epsilon
):
    """Mean and variance of all rows from those of the chunks, in float64."""
    for c in range(mean.size):
        total = 0.0
        for k in range(chunks.shape[0]):
            total += min(CHUNK, rows - k * CHUNK) * np.float64(chunks[k, 0, c])
        centre = total / rows
        squares = 0.0
        for k in range(chunks.shape[0]):
            shift = np.float64(chunks[k, 0, c]) - centre
            squares += np.float64(chunks[k, 1, c]) + min(CHUNK, rows - k * CHUNK) * shift * shift
        variance = squares / rows
        mean[c] = centre
        inverse_deviation[c] = 1.0 / math.sqrt(variance + epsilon)
        running_mean[c] = momentum * running_mean[c] + (1.0 - momentum) * centre
        running_variance[c] = momentum * running_variance[c] + (1.0 - momentum) * variance


def batch_statistics(
    mean: Array,
    inverse_deviation: Array,
    running_mean: Array,
    running_variance: Array,
    x: Array,
    momentum: float,
    epsilon: float,
) -> None:
    """Mean and 1 / sqrt(variance + epsilon) of the rows of x (rows, c); the running ones move."""
    chunks = chunk_scratch("statistics", x)
    _chunk_statistics(chunks, x)
    _merge_statistics(
        mean,
        inverse_deviation,
        running_mean,
        running_variance,
        chunks,
        len(x),
        float(momentum),
        float(epsilon),
    )


def scaling(gamma: Array | None, inverse_deviation: Array) -> Array:
    """gamma inverse_deviation, in scratch."""
    size = inverse_deviation.size
    return np.multiply(or_constant(gamma, 1, size), inverse_deviation, out=scratch("factor", size))


def inverse_deviation_of(variance: Array, epsilon: float) -> Array:
    """1 / sqrt(variance + epsilon), in scratch."""
    out = np.add(variance, FLOAT(epsilon), out=scratch("inverse deviation", variance.size))
    return np.divide(FLOAT(1), np.sqrt(out, out=out), out=out)


@compiled(entry=True)
def merge_gradients(dgamma, dbeta, chunks, inverse_deviation):
    """Add the chunks' sums to dgamma and dbeta, and leave the totals in chunks[0]."""
    for c in range(dgamma.size):
        sum_dy, sum_product = 0.0, 0.0
        for k in range(chunks.shape[0]):
            sum_dy += np.float64(chunks[k, 0, c])
            sum_product += np.float64(chunks[k, 1, c])
        sum_product *= inverse_deviation[c]
        dgamma[c] += np.float32(sum_product)
        dbeta[c] += np.float32(sum_dy)
        chunks[0, 0, c] = sum_dy
        chunks[0, 1, c] = sum_product
