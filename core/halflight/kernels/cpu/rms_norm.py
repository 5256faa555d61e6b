"""Root-mean-square normalisation (Zhang & Sennrich 2019, eq. 4), row by row.

gamma of None stands for ones, and a dgamma of None is not computed.
"""

import math

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import rms_norm as reference
from .arrays import FLOAT, Array
from .loops.statistics import or_constant
from .loops.sums import sum_of_products
from .machine.compiler import compiled
from .machine.scratch import scratch

CHUNK = 64  # rows of one task, and of one float32 sum of dgamma


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled()
def _scale_row(y, x, inverse, gamma):
    for c in range(x.size):
        y[c] = x[c] * inverse * gamma[c]


@compiled(parallel=True)
def _rms_norm(y, inverse, x, gamma, epsilon):
    for row in prange(len(x)):
        mean = sum_of_products(x[row], x[row], 0, x.shape[1]) / np.float32(x.shape[1])
        inverse[row] = np.float32(1) / math.sqrt(mean + epsilon)
        _scale_row(y[row], x[row], inverse[row], gamma)


@twin(reference.rms_norm_forward)
def rms_norm_forward(y, inverse, x, gamma, epsilon):
    gamma = or_constant(gamma, 1, x.shape[-1])
    _rms_norm(_rows(y), inverse.reshape(-1), _rows(x), gamma, FLOAT(epsilon))


@compiled()
def _gradient_row(dx, dgamma, dy, x, gamma, inverse, scaled):
    for c in range(x.size):
        scaled[c] = gamma[c] * dy[c]
    product = sum_of_products(scaled, x, 0, x.size)
    slope = product * inverse / np.float32(x.size)
    for c in range(x.size):
        normalised = x[c] * inverse
        dgamma[c] += dy[c] * normalised
        dx[c] = inverse * (scaled[c] - normalised * slope)


@compiled(parallel=True)
def _rms_norm_gradient(dx, sums, dy, x, gamma, inverse):
    for k in prange(len(sums)):
        sums[k] = np.float32(0)
        for row in range(k * CHUNK, min((k + 1) * CHUNK, len(x))):
            _gradient_row(dx[row], sums[k, 0], dy[row], x[row], gamma, inverse[row], sums[k, 1])


@twin(reference.rms_norm_backward)
def rms_norm_backward(dx, dgamma, dy, x, gamma, inverse):
    features = x.shape[-1]
    sums = scratch("rms norm", -(-inverse.size // CHUNK), 2, features)
    gamma = or_constant(gamma, 1, features)
    _rms_norm_gradient(_rows(dx), sums, _rows(dy), _rows(x), gamma, inverse.reshape(-1))
    if dgamma is not None:
        dgamma += sums[:, 0].sum(axis=0, dtype=np.float64).astype(FLOAT)
