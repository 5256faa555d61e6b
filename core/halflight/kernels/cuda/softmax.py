"""Softmax and its logarithm over the last axis; in place too."""

import math
from typing import Any

import numpy as np

from ..contract import twin
from ..elementary import exp
from ..reference import softmax as reference
from .arrays import Array, channels_of
from .loops.blocks import sum_of_warp
from .loops.rows import lanes_for, largest_of_warp, over_rows, row_here
from .machine.compiler import Kernel


def _over_rows(kernel: Kernel, arrays: tuple[Array, ...], *constants: Any) -> None:
    """Launch a kernel of arrays (rows, length of the last axis), a few lanes for each row."""
    columns = channels_of(arrays[0])
    rows, lanes = arrays[0].size // columns, lanes_for(columns)
    matrices = (array.reshape(rows, columns) for array in arrays)
    over_rows(kernel, rows, *matrices, lanes, *constants, lanes=lanes)


@Kernel
def _softmax(y, x, lanes, logarithm):
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


@twin(reference.softmax_forward)
def softmax_forward(y, x):
    _over_rows(_softmax, (y, x), False)


@twin(reference.log_softmax_forward)
def log_softmax_forward(y, x):
    _over_rows(_softmax, (y, x), True)


@Kernel
def _causal_softmax(y, x, lanes, queries):
    row, lane, stored = row_here(x.shape[0], lanes)
    seen = min(row % queries + 1, x.shape[1])
    largest = np.float32(-np.inf)
    for c in range(lane, seen, lanes):
        value = x[row, c]
        largest = value if value > largest or value != value else largest
    largest = largest_of_warp(largest, lanes)
    total = np.float32(0)
    for c in range(lane, seen, lanes):
        total += exp(x[row, c] - largest)
    total = sum_of_warp(total, lanes)
    for c in range(lane, x.shape[1], lanes):
        if stored:
            y[row, c] = exp(x[row, c] - largest) / total if c < seen else np.float32(0)


@twin(reference.causal_softmax_forward)
def causal_softmax_forward(y, x):
    _over_rows(_causal_softmax, (y, x), int(x.shape[x.ndim - 2]))


@Kernel
def _softmax_gradient(dx, dy, y, lanes):
    row, lane, stored = row_here(y.shape[0], lanes)
    total = np.float32(0)
    for c in range(lane, y.shape[1], lanes):
        total += dy[row, c] * y[row, c]
    total = sum_of_warp(total, lanes)
    for c in range(lane, y.shape[1], lanes):
        if stored:
            dx[row, c] = y[row, c] * (dy[row, c] - total)


@twin(reference.softmax_backward)
def softmax_backward(dx, dy, y):
    _over_rows(_softmax_gradient, (dx, dy, y))


@Kernel
def _log_softmax_gradient(dx, dy, y, lanes):
    row, lane, stored = row_here(y.shape[0], lanes)
    total = np.float32(0)
    for c in range(lane, y.shape[1], lanes):
        total += dy[row, c]
    total = sum_of_warp(total, lanes)
    for c in range(lane, y.shape[1], lanes):
        if stored:
            dx[row, c] = dy[row, c] - exp(y[row, c]) * total


@twin(reference.log_softmax_backward)
def log_softmax_backward(dx, dy, y):
    _over_rows(_log_softmax_gradient, (dx, dy, y))
