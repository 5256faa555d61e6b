"""Broadcasting, by definition: an array repeated along its axes of length 1, and the sums back."""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(y="...y", x="...x")
def broadcast_to(y: Array, x: Array) -> None:
    """y = x repeated along axes where x has one value and y more; as many axes, 6 that differ."""
    y[...] = x


@kernel(dx="...x", dy="...y")
def sum_to(dx: Array, dy: Array) -> None:
    """dx = the sums of dy along axes where dx has one value: the gradient of broadcast_to."""
    axes = tuple(i for i, length in enumerate(dx.shape) if length == 1 and dy.shape[i] > 1)
    dx[...] = np.sum(dy, axis=axes, keepdims=True) if axes else dy
