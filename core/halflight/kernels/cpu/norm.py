"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

Sums over the batch are taken by chunks of rows: see statistics.py. gamma and beta of None stand
for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import norm as reference
from .arrays import FLOAT, Array
from .loops.batch_statistics import (
    batch_statistics,
    chunk_scratch,
    inverse_deviation_of,
    merge_gradients,
    scaling,
)
from .loops.statistics import CHUNK, gradient_sums, normalise_rows, or_constant, or_spare
from .machine.compiler import compiled


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled(parallel=True)
def _normalise(y, x, mean, factor, beta):
    for k in prange((x.shape[0] + CHUNK - 1) // CHUNK):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        normalise_rows(y[rows], x[rows], mean, factor, beta)


@twin(reference.batch_norm_forward_training)
def batch_norm_forward_training(
    y, mean, inverse_deviation, running_mean, running_variance, x, gamma, beta, momentum, epsilon
):
    x = _rows(x)
    running = (running_mean, running_variance)
    batch_statistics(mean, inverse_deviation, *running, x, momentum, epsilon)
    _normalise(
        _rows(y), x, mean, scaling(gamma, inverse_deviation), or_constant(beta, 0, mean.size)
    )


@twin(reference.batch_norm_forward_inference)
def batch_norm_forward_inference(y, x, gamma, beta, running_mean, running_variance, epsilon):
    factor = scaling(gamma, inverse_deviation_of(running_variance, epsilon))
    beta = or_constant(beta, 0, running_mean.size)
    _normalise(_rows(y), _rows(x), running_mean, factor, beta)


@compiled(parallel=True)
def _chunk_gradients(chunks, dy, x, mean):
    """chunks[k] = sums of dy and of dy (x - mean) over the k-th chunk of rows."""
    for k in prange(len(chunks)):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        gradient_sums(chunks[k, 0], chunks[k, 1], dy[rows], x[rows], mean)


@compiled()
def _input_gradient_rows(dx, dy, x, mean, factor, slope, offset):
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            dx[row, c] = factor[c] * (dy[row, c] - offset[c] - (x[row, c] - mean[c]) * slope[c])


@compiled(parallel=True)
def _input_gradient(dx, dy, x, mean, factor, slope, offset):
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
    chunks = chunk_scratch("statistics", x)
    _chunk_gradients(chunks, dy, x, mean)
    dgamma = or_spare(dgamma, "dgamma", mean.size)
    dbeta = or_spare(dbeta, "dbeta", mean.size)
    merge_gradients(dgamma, dbeta, chunks, inverse_deviation)
    return chunks[0]


@twin(reference.batch_norm_backward)
def batch_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    x, dy = _rows(x), _rows(dy)
    sums = _parameter_gradients(dgamma, dbeta, dy, x, mean, inverse_deviation)
    sums /= FLOAT(len(x))
    sums[1] *= inverse_deviation
    factor = scaling(gamma, inverse_deviation)
    _input_gradient(_rows(dx), dy, x, mean, factor, sums[1], sums[0])


@twin(reference.batch_norm_backward_inference)
def batch_norm_backward_inference(
    dx, dgamma, dbeta, dy, x, gamma, running_mean, running_variance, epsilon
):
    x, dy = _rows(x), _rows(dy)
    inverse_deviation = inverse_deviation_of(running_variance, epsilon)
    _parameter_gradients(dgamma, dbeta, dy, x, running_mean, inverse_deviation)
    factor = scaling(gamma, inverse_deviation)
    np.multiply(dy, factor, out=_rows(dx))
