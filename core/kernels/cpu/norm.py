"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

Sums over the batch are taken by chunks of rows: see statistics.py. gamma and beta of None stand
for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np
from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .scratch import scratch
from .statistics import (
    CHUNK,
    gradient_sums,
    normalise_rows,
    or_constant,
    or_spare,
    row_statistics,
)

__all__ = [
    "batch_norm_backward",
    "batch_norm_backward_inference",
    "batch_norm_forward_inference",
    "batch_norm_forward_training",
]


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _chunks(name: str, x: Array) -> Array:
    """Scratch for two sums of every chunk and channel."""
    return scratch(name, -(-x.size // x.shape[-1] // CHUNK), 2, x.shape[-1])


@compiled(parallel=True)
def _chunk_statistics(chunks, x):  # type: ignore
    """chunks[k] = mean of the k-th chunk of rows, and sum of squared deviations from it."""
    for k in prange(len(chunks)):
        row_statistics(chunks[k, 0], chunks[k, 1], x[k * CHUNK : (k + 1) * CHUNK])


@compiled()
def _merge_statistics(  # type: ignore
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


@compiled(parallel=True)
def _normalise(y, x, mean, factor, beta):  # type: ignore
    for k in prange((x.shape[0] + CHUNK - 1) // CHUNK):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        normalise_rows(y[rows], x[rows], mean, factor, beta)


@checked(FLOAT)
def batch_norm_forward_training(
    y: Array,
    mean: Array,
    inverse_deviation: Array,
    running_mean: Array,
    running_variance: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    momentum: float,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with the batch's own statistics.

    Also writes mean (c,) and inverse_deviation (c,) = 1 / sqrt(variance + epsilon) for the backward
    pass, and updates running = momentum running + (1 - momentum) batch. The variance is the biased
    one (divided by the count).
    """
    x = _rows(x)
    chunks = _chunks("statistics", x)
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
    _normalise(
        _rows(y), x, mean, _factor(gamma, inverse_deviation), or_constant(beta, 0, mean.size)
    )


@checked(FLOAT)
def batch_norm_forward_inference(
    y: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta."""
    factor = _factor(gamma, _inverse_deviation(running_variance, epsilon))
    beta = or_constant(beta, 0, running_mean.size)
    _normalise(_rows(y), _rows(x), running_mean, factor, beta)


def _factor(gamma: Array | None, inverse_deviation: Array) -> Array:
    """gamma inverse_deviation, in scratch."""
    size = inverse_deviation.size
    return np.multiply(or_constant(gamma, 1, size), inverse_deviation, out=scratch("factor", size))


def _inverse_deviation(variance: Array, epsilon: float) -> Array:
    out = np.add(variance, FLOAT(epsilon), out=scratch("inverse deviation", variance.size))
    return np.divide(FLOAT(1), np.sqrt(out, out=out), out=out)


@compiled(parallel=True)
def _chunk_gradients(chunks, dy, x, mean):  # type: ignore
    """chunks[k] = sums of dy and of dy (x - mean) over the k-th chunk of rows."""
    for k in prange(len(chunks)):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        gradient_sums(chunks[k, 0], chunks[k, 1], dy[rows], x[rows], mean)


@compiled()
def _merge_gradients(dgamma, dbeta, chunks, inverse_deviation):  # type: ignore
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


@compiled()
def _input_gradient_rows(dx, dy, x, mean, factor, slope, offset):  # type: ignore
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            dx[row, c] = factor[c] * (dy[row, c] - offset[c] - (x[row, c] - mean[c]) * slope[c])


@compiled(parallel=True)
def _input_gradient(dx, dy, x, mean, factor, slope, offset):  # type: ignore
    for k in prange((x.shape[0] + CHUNK - 1) // CHUNK):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _input_gradient_rows(dx[rows], dy[rows], x[rows], mean, factor, slope, offset)


def _parameter_gradients(
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    mean: Array,
    inverse_deviation: Array,
) -> Array:
    """Add to dgamma and dbeta; the batch's own (2, c) sums of dy and of dy times normalised x."""
    chunks = _chunks("statistics", x)
    _chunk_gradients(chunks, dy, x, mean)
    dgamma = or_spare(dgamma, "dgamma", mean.size)
    dbeta = or_spare(dbeta, "dbeta", mean.size)
    _merge_gradients(dgamma, dbeta, chunks, inverse_deviation)
    return chunks[0]


@checked(FLOAT)
def batch_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of batch_norm_forward_training; dx is assigned, dgamma and dbeta are added to."""
    x, dy = _rows(x), _rows(dy)
    sums = _parameter_gradients(dgamma, dbeta, dy, x, mean, inverse_deviation)
    sums /= FLOAT(len(x))
    sums[1] *= inverse_deviation
    factor = _factor(gamma, inverse_deviation)
    _input_gradient(_rows(dx), dy, x, mean, factor, sums[1], sums[0])


@checked(FLOAT)
def batch_norm_backward_inference(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """Gradients of batch_norm_forward_inference: the statistics are constants (a frozen layer)."""
    x, dy = _rows(x), _rows(dy)
    inverse_deviation = _inverse_deviation(running_variance, epsilon)
    _parameter_gradients(dgamma, dbeta, dy, x, running_mean, inverse_deviation)
    factor = _factor(gamma, inverse_deviation)
    np.multiply(dy, factor, out=_rows(dx))
