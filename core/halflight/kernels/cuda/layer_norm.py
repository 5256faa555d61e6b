"""Layer normalisation (Ba, Kiros & Hinton 2016, eq. 4), a warp for each row.

The mean is taken twice, the second time about the first, and the variance is corrected likewise,
so that a mean much larger than the deviation costs no accuracy. gamma and beta of None stand for
ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array, channels_of, flat
from .columns import add_sums, column_sums, sum_columns
from .compiler import Kernel
from .epilogue import or_constant
from .rows import WARP, over_rows, row_here, sum_of_warp

__all__ = [
    "layer_norm_backward",
    "layer_norm_forward",
]

_ZERO = np.float32(0)


@Kernel
def _layer_norm(y, mean, inverse_deviation, x, gamma, beta, epsilon):  # type: ignore
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


@checked(FLOAT)
def layer_norm_forward(
    y: Array,
    mean: Array,
    inverse_deviation: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with each row's own statistics.

    Also writes mean and inverse_deviation = 1 / sqrt(variance + epsilon), one for each row, for the
    backward pass. The variance is the biased one (divided by the count).
    """
    features = channels_of(x)
    gamma = or_constant(gamma, features, 1.0)
    beta = or_constant(beta, features, 0.0)
    arrays = flat(y, mean, inverse_deviation, x)
    over_rows(_layer_norm, mean.size, *arrays, gamma, beta, FLOAT(epsilon))


def _layer_term(arrays, i, vectors, column):  # type: ignore
    """dy times normalised x, and dy."""
    dy, x = arrays
    mean, inverse_deviation, features = vectors
    row = (i - column) // features
    return dy[i] * ((x[i] - mean[row]) * inverse_deviation[row]), dy[i]


_sum_gradients = column_sums(_layer_term)


@Kernel
def _layer_norm_gradient(dx, dy, x, gamma, mean, inverse_deviation):  # type: ignore
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


@checked(FLOAT)
def layer_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of layer_norm_forward; dx is assigned, dgamma and dbeta are added to."""
    features = channels_of(x)
    rows = flat(mean, inverse_deviation)
    if dgamma is not None or dbeta is not None:
        sums, chunks = sum_columns(_sum_gradients, (dy, x), (*rows, features), features)
        add_sums(dgamma, sums, chunks, 0)
        add_sums(dbeta, sums, chunks, 1)
    gamma = or_constant(gamma, features, 1.0)
    over_rows(_layer_norm_gradient, mean.size, *flat(dx, dy, x), gamma, *rows)
