"""Moving pixels, by definition: joining, padding, cropping and permuting arrays.

In the laws: images h by w inside images p by q, c channels; c of d values of each row.
"""

from ..contract import kernel
from .arrays import Array


@kernel(y="... d", x="... c")
def concatenate_forward(y: Array, offset: int, x: Array) -> None:
    """y[..., offset : offset + channels of x] = x: one call for each part."""
    y[..., offset : offset + x.shape[-1]] = x


@kernel(dx="... c", dy="... d")
def concatenate_backward(dx: Array, dy: Array, offset: int) -> None:
    """dx = dy[..., offset : offset + channels of dx]: one call for each part."""
    dx[...] = dy[..., offset : offset + dx.shape[-1]]


@kernel(y="n p q c", x="n h w c")
def pad2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, p, q, c) = x (n, h, w, c) from (top, left) on, zeros around it."""
    y[...] = 0.0
    y[:, top : top + x.shape[1], left : left + x.shape[2]] = x


@kernel(y="n h w c", x="n p q c")
def crop2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, h, w, c) = the part of x (n, p, q, c) from (top, left) on: the adjoint of pad2d."""
    y[...] = x[:, top : top + y.shape[1], left : left + y.shape[2]]


@kernel(y="...y", x="...x")
def permute(y: Array, x: Array, axes: tuple[int, ...]) -> None:
    """y = x with its axes in another order: axis i of y is axis axes[i] of x; up to 6 axes."""
    y[...] = x.transpose(axes)
