"""A convolution with what follows it, in one pass over memory."""

import numpy as np

from ..contract import twin
from ..reference import fused as reference
from .arrays import FLOAT, Array
from .conv import fused_forward
from .loops.batch_statistics import inverse_deviation_of, scaling
from .loops.pairs import make_room, spread_pairs
from .machine.scratch import scratch
from .products.epilogue import Ending

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


@twin(reference.conv2d_fused_forward)
def conv2d_fused_forward(
    y,
    index,
    x,
    w,
    b,
    gamma,
    beta,
    running_mean,
    running_variance,
    epsilon,
    slope,
    pool,
    strides,
    padding,
    dilation,
    groups,
    *,
    precise=False,
):
    scale, shift = _folded(b, gamma, beta, running_mean, running_variance, epsilon)
    ending = Ending(scale, shift, slope, bool(pool), index)
    fused_forward(y, x, w, ending, strides, padding, dilation, groups, precise)


@twin(reference.rectified_pool_backward)
def rectified_pool_backward(dx, dy, index, y, slope):
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
