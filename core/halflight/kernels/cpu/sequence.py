"""Turning and cutting sequences: plain copies."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "put_time",
    "reverse_time",
    "take_time",
]


@checked(FLOAT)
def reverse_time(y: Array, x: Array) -> None:
    """y (n, t, u) = x (n, t, u), the last step first; its own gradient."""
    np.copyto(y, x[:, ::-1])


@checked(FLOAT)
def take_time(y: Array, x: Array, time: int) -> None:
    """y (n, u) = x (n, t, u) at one step, 0 <= time < t."""
    np.copyto(y, x[:, time])


@checked(FLOAT)
def put_time(dx: Array, dy: Array, time: int) -> None:
    """dx (n, t, u) = dy (n, u) at one step, 0 at all others: the gradient of take_time."""
    dx.fill(0.0)
    np.copyto(dx[:, time], dy)
