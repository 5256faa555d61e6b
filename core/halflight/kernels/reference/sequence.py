"""Turning and cutting sequences, by definition.

In the laws: n samples, t steps, u values.
"""

from ..contract import kernel
from .arrays import Array


@kernel(y="n t u", x="n t u")
def reverse_time(y: Array, x: Array) -> None:
    """y (n, t, u) = x (n, t, u), the last step first; its own gradient."""
    y[...] = x[:, ::-1]


@kernel(y="n u", x="n t u")
def take_time(y: Array, x: Array, time: int) -> None:
    """y (n, u) = x (n, t, u) at one step, 0 <= time < t."""
    y[...] = x[:, time]


@kernel(dx="n t u", dy="n u")
def put_time(dx: Array, dy: Array, time: int) -> None:
    """dx (n, t, u) = dy (n, u) at one step, 0 at all others: the gradient of take_time."""
    dx[...] = 0.0
    dx[:, time] = dy
