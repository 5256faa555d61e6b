"""Masked steps in NumPy, in any precision: plain copies and sums in order, the same everywhere.

A mask (n, t) counts the steps where it is not 0. Packed steps are those that count, side by side:
the first of all steps, or with `reverse` the last, in their order. Whoever reads packed steps from
their own end reads the shortened sequence and then nothing but zeros.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def shown_steps(mask: Array, *, reverse: bool) -> NDArray[np.intp]:
    """Where the step that was read last lies when packed, at each step; -1 before the first."""
    steps = mask.shape[1]
    counts = mask != 0
    if reverse:
        ahead = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
        return np.where(ahead > 0, steps - ahead, -1)
    return np.cumsum(counts, axis=1) - 1


def pack(y: Array, x: Array, mask: Array, *, reverse: bool) -> None:
    """y (n, t, u) = the steps of x (n, t, u) that count, packed, and zeros."""
    row, step = np.nonzero(mask)
    y[...] = 0.0
    y[row, shown_steps(mask, reverse=reverse)[row, step]] = x[row, step]


def unpack(dx: Array, dy: Array, mask: Array, *, reverse: bool) -> None:
    """dx (n, t, u) = what each step became in dy (n, t, u), and zeros for what does not count."""
    row, step = np.nonzero(mask)
    dx[...] = 0.0
    dx[row, step] = dy[row, shown_steps(mask, reverse=reverse)[row, step]]


def spread(y: Array, x: Array, mask: Array, *, reverse: bool) -> None:
    """y (n, t, u) = the packed step of x (n, t, u) that was read last; zeros before the first."""
    shown = shown_steps(mask, reverse=reverse)
    row, step = np.nonzero(shown >= 0)
    y[...] = 0.0
    y[row, step] = x[row, shown[row, step]]


def gather(dx: Array, dy: Array, mask: Array, *, reverse: bool) -> None:
    """dx (n, t, u) = the sums of dy (n, t, u) over the steps that show each packed one."""
    shown = shown_steps(mask, reverse=reverse)
    dx[...] = 0.0
    for step in range(dy.shape[1]):
        row = np.nonzero(shown[:, step] >= 0)[0]
        dx[row, shown[row, step]] += dy[row, step]


def clear(y: Array, x: Array, mask: Array) -> None:
    """y (n, t, u) = x (n, t, u) where the step counts, 0 elsewhere."""
    y[...] = np.where((mask != 0)[..., np.newaxis], x, x.dtype.type(0))


def average(y: Array, x: Array, mask: Array) -> None:
    """y (n, u) = the mean of x (n, t, u) over the steps that count; 0 where none does."""
    y[...] = 0.0
    for step in range(x.shape[1]):
        row = np.nonzero(mask[:, step])[0]
        y[row] += x[row, step]
    y /= _counts(mask, y)


def share(dx: Array, dy: Array, mask: Array) -> None:
    """dx (n, t, u) = dy (n, u) / the number of steps that count, where they do; 0 elsewhere."""
    dx[...] = 0.0
    row, step = np.nonzero(mask)
    dx[row, step] = (dy / _counts(mask, dy))[row]


def _counts(mask: Array, like: Array) -> Array:
    """The number of steps that count, (n, 1), and at least 1."""
    return np.maximum(np.count_nonzero(mask, axis=1), 1).astype(like.dtype)[:, np.newaxis]


def fill_columns(y: Array, mask: Array, value: float) -> None:
    """y (n, r, t) = value where the step t does not count; elsewhere it stays."""
    sample, step = np.nonzero(mask == 0)
    y[sample, :, step] = value
