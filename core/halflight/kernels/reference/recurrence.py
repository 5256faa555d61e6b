"""What the recurrent kernels of the reference share: the order of steps, and the states before."""

import numpy as np

from .arrays import Array


def steps(times: int, reverse: bool) -> list[int]:
    """The steps in the order in which they are read."""
    return list(range(times))[:: -1 if reverse else 1]


def before(y: Array, reverse: bool) -> Array:
    """The states y (n, t, u) before each step; zeros before the first."""
    shifted = np.zeros_like(y)
    if reverse:
        shifted[:, :-1] = y[:, 1:]
    else:
        shifted[:, 1:] = y[:, :-1]
    return shifted


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e)


def outer(a: Array, b: Array) -> Array:
    """Sum of a^T b over samples and steps: (n, t, i), (n, t, o) -> (i, o)."""
    product: Array = a.reshape(-1, a.shape[-1]).T @ b.reshape(-1, b.shape[-1])
    return product
