"""Softmax and its logarithm over the last axis; in place too."""

import math
from typing import Any

import numpy as np

from ..contract import checked
from ..elementary import exp
from .arrays import FLOAT, Array, channels_of
from .compiler import Kernel
from .rows import WARP, largest_of_warp, over_rows, row_here, sum_of_warp

__all__ = [
    "log_softmax_backward",
    "log_softmax_forward",
    "softmax_backward",
    "softmax_forward",
]


def _matrices(*arrays: Array) -> list[Any]:
    """The same arrays as (rows, length of the last axis)."""
    return [a.reshape(a.size // channels_of(a), channels_of(a)) for a in arrays]


@Kernel
def _softmax(y, x, logarithm):  # type: ignore
    row, lane, stored = row_here(x.shape[0])
    largest = np.float32(-np.inf)
    for c in range(lane, x.shape[1], WARP):
        value = x[row, c]
        largest = value if value > largest or value != value else largest
    largest = largest_of_warp(largest)
    total = np.float32(0)
    for c in range(lane, x.shape[1], WARP):
        total += exp(x[row, c] - largest)
    total = sum_of_warp(total)
    for c in range(lane, x.shape[1], WARP):
        shifted = x[row, c] - largest
        if stored:
            y[row, c] = shifted - math.log(total) if logarithm else exp(shifted) / total


@checked(FLOAT)
def softmax_forward(y: Array, x: Array) -> None:
    """y = exp(x) / sum of exp(x); the largest x is subtracted first, which changes nothing else."""
    y, x = _matrices(y, x)
    over_rows(_softmax, len(x), y, x, False)


@checked(FLOAT)
def log_softmax_forward(y: Array, x: Array) -> None:
    """y = x - log(sum of exp(x)), the logarithm of softmax."""
    y, x = _matrices(y, x)
    over_rows(_softmax, len(x), y, x, True)


@Kernel
def _softmax_gradient(dx, dy, y):  # type: ignore
    row, lane, stored = row_here(y.shape[0])
    total = np.float32(0)
    for c in range(lane, y.shape[1], WARP):
        total += dy[row, c] * y[row, c]
    total = sum_of_warp(total)
    for c in range(lane, y.shape[1], WARP):
        if stored:
            dx[row, c] = y[row, c] * (dy[row, c] - total)


@checked(FLOAT)
def softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = y (dy - sum of dy y)."""
    dx, dy, y = _matrices(dx, dy, y)
    over_rows(_softmax_gradient, len(y), dx, dy, y)


@Kernel
def _log_softmax_gradient(dx, dy, y):  # type: ignore
    row, lane, stored = row_here(y.shape[0])
    total = np.float32(0)
    for c in range(lane, y.shape[1], WARP):
        total += dy[row, c]
    total = sum_of_warp(total)
    for c in range(lane, y.shape[1], WARP):
        if stored:
            dx[row, c] = dy[row, c] - exp(y[row, c]) * total


@checked(FLOAT)
def log_softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy - exp(y) (sum of dy)."""
    dx, dy, y = _matrices(dx, dy, y)
    over_rows(_log_softmax_gradient, len(y), dx, dy, y)
