"""Softmax and its logarithm over the last axis; in place too."""

import math
from typing import Any

import numpy as np

from ..contract import checked
from ..elementary import exp
from .arrays import FLOAT, Array, channels_of
from .compiler import Kernel
from .rows import lanes_for, largest_of_warp, over_rows, row_here, sum_of_warp

__all__ = [
    "log_softmax_backward",
    "log_softmax_forward",
    "softmax_backward",
    "softmax_forward",
]


def _over_rows(kernel: Kernel, arrays: tuple[Array, ...], *constants: Any) -> None:
    """Launch a kernel of arrays (rows, length of the last axis), a few lanes for each row."""
    columns = channels_of(arrays[0])
    rows, lanes = arrays[0].size // columns, lanes_for(columns)
    matrices = (array.reshape(rows, columns) for array in arrays)
    over_rows(kernel, rows, *matrices, lanes, *constants, lanes=lanes)


@Kernel
def _softmax(y, x, lanes, logarithm):  # type: ignore
    row, lane, stored = row_here(x.shape[0], lanes)
    largest = np.float32(-np.inf)
    for c in range(lane, x.shape[1], lanes):
        value = x[row, c]
        largest = value if value > largest or value != value else largest
    largest = largest_of_warp(largest, lanes)
    total = np.float32(0)
    for c in range(lane, x.shape[1], lanes):
        total += exp(x[row, c] - largest)
    total = sum_of_warp(total, lanes)
    for c in range(lane, x.shape[1], lanes):
        shifted = x[row, c] - largest
        if stored:
            y[row, c] = shifted - math.log(total) if logarithm else exp(shifted) / total


@checked(FLOAT)
def softmax_forward(y: Array, x: Array) -> None:
    """y = exp(x) / sum of exp(x); the largest x is subtracted first, which changes nothing else."""
    _over_rows(_softmax, (y, x), False)


@checked(FLOAT)
def log_softmax_forward(y: Array, x: Array) -> None:
    """y = x - log(sum of exp(x)), the logarithm of softmax."""
    _over_rows(_softmax, (y, x), True)


@Kernel
def _softmax_gradient(dx, dy, y, lanes):  # type: ignore
    row, lane, stored = row_here(y.shape[0], lanes)
    total = np.float32(0)
    for c in range(lane, y.shape[1], lanes):
        total += dy[row, c] * y[row, c]
    total = sum_of_warp(total, lanes)
    for c in range(lane, y.shape[1], lanes):
        if stored:
            dx[row, c] = y[row, c] * (dy[row, c] - total)


@checked(FLOAT)
def softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = y (dy - sum of dy y)."""
    _over_rows(_softmax_gradient, (dx, dy, y))


@Kernel
def _log_softmax_gradient(dx, dy, y, lanes):  # type: ignore
    row, lane, stored = row_here(y.shape[0], lanes)
    total = np.float32(0)
    for c in range(lane, y.shape[1], lanes):
        total += dy[row, c]
    total = sum_of_warp(total, lanes)
    for c in range(lane, y.shape[1], lanes):
        if stored:
            dx[row, c] = dy[row, c] - exp(y[row, c]) * total


@checked(FLOAT)
def log_softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy - exp(y) (sum of dy)."""
    _over_rows(_log_softmax_gradient, (dx, dy, y))
