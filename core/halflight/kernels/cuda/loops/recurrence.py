"""What the recurrent kernels share: the order of steps, and the products of one and of all steps.

A step is a product with the recurrent weights and a kernel for the gates, with a thread for each
unit of each sample.
"""

import itertools

import numpy as np

from ..arrays import Array, channels_of, fill
from ..machine.scratch import scratch
from ..products.correlate import correlate
from ..products.correlate_weights import correlate_weights
from ..products.epilogue import Ending
from ..products.gather import Gather, Geometry

_ONE = (1, 1, 1)


def steps(times: int, reverse: bool) -> list[tuple[int, int]]:
    """For each step in the order of reading: where the one before it is, or -1, and where it is."""
    order = range(times)[:: -1 if reverse else 1]
    return list(itertools.pairwise([-1, *order]))


def filled(purpose: str, *shape: int, value: float = 0.0) -> Array:
    """Scratch of one value."""
    array = scratch(f"recurrent {purpose}", *shape)
    fill(array, value)
    return array


def state_at(y, n, time, u):
    """y (n, t, u) of one unit, or zero at time -1: before the first step."""
    return y[n, time, u] if time >= 0 else np.float32(0)


def _in_time(x: Array, windows: int, time: int) -> Gather:
    """Windows of one step each of x (n, t, u), whose steps lie along a row; the first at `time`."""
    samples, times, channels = x.shape
    geometry = Geometry(_ONE, (0, 0, -time), _ONE, 1)
    return geometry.windows((1, 1, windows), (samples, 1, 1, times, channels), _ONE)


class Product:
    """out (n, width) = one step of x (n, t, depth) times w, or times w^T if `transposed`.

    Where out, or x if transposed, has fewer columns than w has, the first of w count: `depth` is
    how many of x do.
    """

    def __init__(
        self, out: Array, w: Array, *, depth: int | None = None, transposed: bool = False
    ) -> None:
        """What is the same for all steps; an ending made here need not be made for each."""
        self._out, self._w, self._depth, self._transposed = out, w, depth, transposed
        width = channels_of(out)
        self._plain = Ending(filled("ones", width, value=1.0), filled("zeros", width))

    def __call__(self, x: Array, time: int) -> None:
        """Compute it for the step at `time`."""
        gather = _in_time(x, 1, time)
        if self._depth is not None:
            gather = gather._replace(channels=self._depth)
        correlate(self._out, x, self._w, self._plain, gather, transposed=self._transposed)


def add_weight_gradients(dw: Array, gradients: Array, y: Array, reverse: bool) -> None:
    """dw (u, k) += the states y (n, t, u) before all steps, transposed, times gradients (n, t, k).

    The windows lie a step apart from the gradients, and see zero before the first.
    """
    gather = _in_time(y, y.shape[1], 1 if reverse else -1)
    correlate_weights(dw, gradients, y, gather, fresh=False)
