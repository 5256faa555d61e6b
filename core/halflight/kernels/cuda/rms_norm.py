"""Root-mean-square normalisation (Zhang & Sennrich 2019, eq. 4), a warp for each row.

gamma of None stands for ones, and a dgamma of None is not computed.
"""

import math

import numpy as np

from ..contract import twin
from ..reference import rms_norm as reference
from .arrays import FLOAT, channels_of, flat
from .loops.blocks import sum_of_warp
from .loops.columns import add_sums, column_sums, sum_columns
from .loops.rows import WARP, over_rows, row_here
from .machine.compiler import Kernel
from .products.epilogue import or_constant


@Kernel
def _rms_norm(y, inverse, x, gamma, epsilon):
    row, lane, stored = row_here(inverse.size)
    start, total = row * gamma.size, np.float32(0)
    for c in range(lane, gamma.size, WARP):
        total += x[start + c] * x[start + c]
    mean = sum_of_warp(total) / np.float32(gamma.size)
    factor = np.float32(1) / math.sqrt(mean + epsilon)
    if stored:
        for c in range(lane, gamma.size, WARP):
            y[start + c] = x[start + c] * factor * gamma[c]
        if lane == 0:
            inverse[row] = factor


@twin(reference.rms_norm_forward)
def rms_norm_forward(y, inverse, x, gamma, epsilon):
    gamma = or_constant(gamma, channels_of(x), 1.0)
    over_rows(_rms_norm, inverse.size, *flat(y, inverse, x), gamma, FLOAT(epsilon))


def _term(arrays, i, vectors, column):
    """dy times normalised x, twice: sums come in pairs."""
    dy, x = arrays
    inverse, features = vectors
    product = dy[i] * (x[i] * inverse[(i - column) // features])
    return product, product


_sum_gradients = column_sums(_term)


@Kernel
def _rms_norm_gradient(dx, dy, x, gamma, inverse):
    row, lane, stored = row_here(inverse.size)
    start, factor, product = row * gamma.size, inverse[row], np.float32(0)
    for c in range(lane, gamma.size, WARP):
        product += gamma[c] * dy[start + c] * x[start + c]
    slope = sum_of_warp(product) * factor / np.float32(gamma.size)
    if stored:
        for c in range(lane, gamma.size, WARP):
            scaled = gamma[c] * dy[start + c]
            dx[start + c] = factor * (scaled - x[start + c] * factor * slope)


@twin(reference.rms_norm_backward)
def rms_norm_backward(dx, dgamma, dy, x, gamma, inverse):
    features = channels_of(x)
    rows = flat(inverse)
    if dgamma is not None:
        sums, chunks = sum_columns(_sum_gradients, (dy, x), (*rows, features), features)
        add_sums(dgamma, sums, chunks, 0)
    gamma = or_constant(gamma, features, 1.0)
    over_rows(_rms_norm_gradient, inverse.size, *flat(dx, dy, x), gamma, *rows)
