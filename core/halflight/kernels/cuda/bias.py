"""A bias for each channel."""

from numba import cuda

from ..contract import checked
from .arrays import FLOAT, Array
from .columns import add_column_sums
from .compiler import Kernel

__all__ = [
    "bias_backward",
    "bias_forward",
]


@Kernel
def _add_bias(y, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] += b[i % b.size]


@checked(FLOAT)
def bias_forward(y: Array, b: Array) -> None:
    """y (..., out) += b (out,), in place."""
    _add_bias.over(y.size, y.reshape(y.size), b)


@checked(FLOAT)
def bias_backward(db: Array, dy: Array) -> None:
    """db (out,) += the sum of dy (..., out) over all axes but the last."""
    add_column_sums(db, dy)
