"""Layer normalisation (Ba, Kiros & Hinton 2016, eq. 4), row by row.

The mean is taken twice, the second time about the first, and the variance is corrected likewise,
so that a mean much larger than the deviation costs no accuracy. gamma and beta of None stand for
ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import layer_norm as reference
from .arrays import FLOAT, Array
from .loops.statistics import or_constant
from .loops.sums import (
    sum_of,
    sum_of_deviations,
    sum_of_products,
    sum_of_projections,
    sum_of_squared_deviations,
)
from .machine.compiler import compiled
from .machine.scratch import scratch

CHUNK = 64  # rows of one task, and of one float32 sum of dgamma and dbeta


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled()
def _statistics(x, epsilon):
    """Mean of one row, and 1 / sqrt(variance + epsilon)."""
    count = np.float32(x.size)
    centre = sum_of(x, 0, x.size) / count
    rest = sum_of_deviations(x, 0, x.size, centre) / count
    variance = sum_of_squared_deviations(x, 0, x.size, centre) / count - rest * rest
    return centre + rest, np.float32(1) / math.sqrt(variance + epsilon)


@compiled()
def _normalise_row(y, x, mean, inverse, gamma, beta):
    for c in range(x.size):
        y[c] = (x[c] - mean) * inverse * gamma[c] + beta[c]


@compiled(parallel=True)
def _layer_norm(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    for row in prange(len(x)):
        mean[row], inverse_deviation[row] = _statistics(x[row], epsilon)
        _normalise_row(y[row], x[row], mean[row], inverse_deviation[row], gamma, beta)


@twin(reference.layer_norm_forward)
def layer_norm_forward(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    gamma, beta = or_constant(gamma, 1, x.shape[-1]), or_constant(beta, 0, x.shape[-1])
    rows = mean.reshape(-1), inverse_deviation.reshape(-1)
    _layer_norm(_rows(y), *rows, _rows(x), gamma, beta, FLOAT(epsilon))


@compiled()
def _gradient_row(dx, dgamma, dbeta, dy, x, gamma, mean, inverse):
    count = np.float32(x.size)
    total = sum_of_products(gamma, dy, 0, x.size)
    product = sum_of_projections(gamma, dy, x, 0, x.size, mean)
    offset, slope = total / count, product * inverse / count
    for c in range(x.size):
        normalised = (x[c] - mean) * inverse
        dx[c] = inverse * (gamma[c] * dy[c] - offset - normalised * slope)
        dgamma[c] += dy[c] * normalised
        dbeta[c] += dy[c]


@compiled()
def _gradient_rows(dx, sums, dy, x, gamma, mean, inverse_deviation):
    sums[:] = np.float32(0)
    for row in range(len(x)):
        _gradient_row(
            dx[row], sums[0], sums[1], dy[row], x[row], gamma, mean[row], inverse_deviation[row]
        )


@compiled(parallel=True)
def _layer_norm_gradient(dx, sums, dy, x, gamma, mean, inverse_deviation):
    for k in prange(len(sums)):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _gradient_rows(
            dx[rows], sums[k], dy[rows], x[rows], gamma, mean[rows], inverse_deviation[rows]
        )


@twin(reference.layer_norm_backward)
def layer_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    features = x.shape[-1]
    sums = scratch("layer norm", -(-mean.size // CHUNK), 2, features)
    gamma = or_constant(gamma, 1, features)
    rows = mean.reshape(-1), inverse_deviation.reshape(-1)
    _layer_norm_gradient(_rows(dx), sums, _rows(dy), _rows(x), gamma, *rows)
    totals = sums.sum(axis=0, dtype=np.float64).astype(FLOAT)
    if dgamma is not None:
        dgamma += totals[0]
    if dbeta is not None:
        dbeta += totals[1]
