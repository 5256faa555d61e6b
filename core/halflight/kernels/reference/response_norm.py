"""Local response normalisation (Krizhevsky et al. 2012, section 3.3), by definition.

TensorFlow's form: each channel is divided by a power of the sum of squares of its neighbours,
the channels at most depth_radius away, of which there are fewer at the ends.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array


def _neighbours(x: Array, radius: int) -> Array:
    """The sum over the channels at most `radius` away, itself included."""
    channels, ends = x.shape[-1], [(0, 0)] * (x.ndim - 1) + [(radius, radius)]
    padded = np.pad(x, ends)
    return np.sum([padded[..., k : k + channels] for k in range(2 * radius + 1)], axis=0)


@kernel(y="... c", x="... c")
def local_response_norm_forward(
    y: Array, x: Array, depth_radius: int, bias: float, alpha: float, beta: float
) -> None:
    """y = x / (bias + alpha sum of the 2 depth_radius + 1 neighbours' x^2)^beta."""
    y[...] = x * (bias + alpha * _neighbours(x * x, depth_radius)) ** -beta


@kernel(dx="... c", dy="... c", x="... c")
def local_response_norm_backward(
    dx: Array,
    dy: Array,
    x: Array,
    depth_radius: int,
    bias: float,
    alpha: float,
    beta: float,
) -> None:
    """dx = dy / D^beta - 2 alpha beta x sum of the neighbours' dy x / D^(beta + 1).

    D = bias + alpha sum of the neighbours' x^2, as in the forward pass.
    """
    base = bias + alpha * _neighbours(x * x, depth_radius)
    scaled = dy * base**-beta
    dx[...] = scaled - 2.0 * alpha * beta * x * _neighbours(scaled * x / base, depth_radius)
