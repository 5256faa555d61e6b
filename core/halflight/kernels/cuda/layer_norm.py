"""Layer normalisation (Ba, Kiros & Hinton 2016, eq. 4), a warp for each row.

The mean is taken twice, the second time about the first, and the variance is corrected likewise,
so that a mean much larger than the deviation costs no accuracy. gamma and beta of None stand for
ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np

from ..contract import twin
from ..reference import layer_norm as reference
from .arrays import FLOAT, channels_of, flat
from .loops.blocks import sum_of_warp
from .loops.columns import add_sums, column_sums, sum_columns
from .loops.rows import WARP, over_rows, row_here
from .machine.compiler import Kernel
from .products.epilogue import or_constant

_ZERO = np.float32(0)


@Kernel
def _layer_norm(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    row, lane, stored = row_here(mean.size)
    start, count = row * gamma.size, np.float32(gamma.size)
    total = _ZERO
    for c in range(lane, gamma.size, WARP):
        total += x[start + c]
    centre = sum_of_warp(total) / count
    total, squares = _ZERO, _ZERO
    for c in range(lane, gamma.size, WARP):
        deviation = x[start + c] - centre
        total += deviation
        squares += deviation * deviation
    rest = sum_of_warp(total) / count
    variance = sum_of_warp(squares) / count - rest * rest
    centre += rest
    inverse = np.float32(1) / math.sqrt(variance + epsilon)
    if stored:
        for c in range(lane, gamma.size, WARP):
            y[start + c] = (x[start + c] - centre) * inverse * gamma[c] + beta[c]
        if lane == 0:
            mean[row] = centre
            inverse_deviation[row] = inverse


@twin(reference.layer_norm_forward)
def layer_norm_forward(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    features = channels_of(x)
    gamma = or_constant(gamma, features, 1.0)
    beta = or_constant(beta, features, 0.0)
    arrays = flat(y, mean, inverse_deviation, x)
    over_rows(_layer_norm, mean.size, *arrays, gamma, beta, FLOAT(epsilon))


def _layer_term(arrays, i, vectors, column):
    """dy times normalised x, and dy."""
    dy, x = arrays
    mean, inverse_deviation, features = vectors
    row = (i - column) // features
    return dy[i] * ((x[i] - mean[row]) * inverse_deviation[row]), dy[i]


_sum_gradients = column_sums(_layer_term)


@Kernel
def _layer_norm_gradient(dx, dy, x, gamma, mean, inverse_deviation):
    row, lane, stored = row_here(mean.size)
    start, count = row * gamma.size, np.float32(gamma.size)
    centre, inverse = mean[row], inverse_deviation[row]
    total, product = _ZERO, _ZERO
    for c in range(lane, gamma.size, WARP):
        scaled = gamma[c] * dy[start + c]
        total += scaled
        product += scaled * (x[start + c] - centre)
    offset = sum_of_warp(total) / count
    slope = sum_of_warp(product) * inverse / count
    if stored:
        for c in range(lane, gamma.size, WARP):
            normalised = (x[start + c] - centre) * inverse
            dx[start + c] = inverse * (gamma[c] * dy[start + c] - offset - normalised * slope)


@twin(reference.layer_norm_backward)
def layer_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    features = channels_of(x)
    rows = flat(mean, inverse_deviation)
    if dgamma is not None or dbeta is not None:
        sums, chunks = sum_columns(_sum_gradients, (dy, x), (*rows, features), features)
        add_sums(dgamma, sums, chunks, 0)
        add_sums(dbeta, sums, chunks, 1)
    gamma = or_constant(gamma, features, 1.0)
    over_rows(_layer_norm_gradient, mean.size, *flat(dx, dy, x), gamma, *rows)
