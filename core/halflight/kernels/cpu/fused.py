"""A convolution with what follows it, in one pass over memory."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array, Indices
from .batch_statistics import inverse_deviation_of, scaling
from .conv import fused_forward
from .epilogue import Ending
from .pairs import make_room, spread_pairs
from .scratch import scratch

__all__ = ["conv2d_fused_forward", "rectified_pool_backward"]

Pair = tuple[int, int]


def _folded(
    b: Array | None,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array | None,
    running_variance: Array | None,
    epsilon: float,
) -> tuple[Array | None, Array | None]:
    """Scale and shift of a bias and a normalisation: gamma / deviation, beta + (b - mean) scale."""
    if running_mean is None or running_variance is None:
        return None, b
    scale = scaling(gamma, inverse_deviation_of(running_variance, epsilon))
    shift = np.negative(running_mean, out=scratch("folded shift", running_mean.size))
    if b is not None:
        shift += b
    shift *= scale
    if beta is not None:
        shift += beta
    return scale, shift


@checked(FLOAT)
def conv2d_fused_forward(
    y: Array,
    index: Indices | None,
    x: Array,
    w: Array,
    b: Array | None,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array | None,
    running_variance: Array | None,
    epsilon: float,
    slope: float,
    pool: bool,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    *,
    precise: bool = False,
) -> None:
    """conv2d_forward, then batch_norm_forward_inference unless running_mean is None, then the end.

    The end is a rectifier (slope x below 0) and, with `pool`, the largest of every 2 x 2 pixels:
    y (n, p, q, out) then comes from the first 2 p by 2 q outputs of the convolution.
    """
    scale, shift = _folded(b, gamma, beta, running_mean, running_variance, epsilon)
    ending = Ending(scale, shift, slope, bool(pool), index)
    fused_forward(y, x, w, ending, strides, padding, dilation, groups, precise)


@checked(FLOAT)
def rectified_pool_backward(dx: Array, dy: Array, index: Indices, y: Array, slope: float) -> None:
    """dx (n, h, w, c) = gradient of the end by its input, from its pooled output y and index."""
    lines = (*dx.shape[:2], -1)
    halves = (*dy.shape[:2], -1)
    spread_pairs(
        dx.reshape(lines),
        dy.reshape(halves),
        index.reshape(halves),
        y.reshape(halves),
        FLOAT(slope),
        make_room(dx.shape[2] * dx.shape[3]).value,
        dx.shape[3],
    )
