"""Sums over the rows of one chunk, channel by channel: what normalisations are made of.

Sums are taken in float32 over chunks of CHUNK rows, and the chunks are added in float64 in a fixed
order; each chunk's variance is taken about its own mean (Chan, Golub & LeVeque 1983), so that a
mean much larger than the deviation costs no accuracy.
"""

import numpy as np

from ..arrays import Array
from ..machine.compiler import compiled
from ..machine.scratch import scratch
from .columns import sum_columns, sum_squares

CHUNK = 256


@compiled()
def _add_products(total, dy, x, mean):
    for row in range(x.shape[0]):
        for c in range(total.size):
            total[c] += dy[row, c] * (x[row, c] - mean[c])


@compiled()
def row_statistics(mean, squares, x):
    """Mean of the rows, and sum of squared deviations from it."""
    sum_columns(mean, x)
    for c in range(mean.size):
        mean[c] /= np.float32(x.shape[0])
    sum_squares(squares, x, mean)


@compiled()
def gradient_sums(sum_dy, sum_product, dy, x, mean):
    """Sums of dy and of dy (x - mean) over the rows."""
    sum_columns(sum_dy, dy)
    sum_product[:] = np.float32(0)
    _add_products(sum_product, dy, x, mean)


@compiled()
def normalise_rows(y, x, mean, factor, beta):
    """y = (x - mean) factor + beta."""
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[row, c] = (x[row, c] - mean[c]) * factor[c] + beta[c]


def or_constant(array: Array | None, value: float, size: int) -> Array:
    """A gamma or beta, or where there is none its constant value."""
    if array is not None:
        return array
    constant = scratch(f"constant {value}", size)
    constant.fill(value)
    return constant


def or_spare(array: Array | None, name: str, size: int) -> Array:
    """A dgamma or dbeta, or where nobody needs it memory that nobody reads."""
    return scratch(name, size) if array is None else array
