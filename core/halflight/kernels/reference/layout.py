"""Moving pixels, by definition: joining, padding, cropping and permuting arrays."""

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "concatenate_backward",
    "concatenate_forward",
    "crop2d",
    "pad2d",
    "permute",
]


@checked(FLOAT)
def concatenate_forward(y: Array, offset: int, x: Array) -> None:
    """y[..., offset : offset + channels of x] = x: one call for each part."""
    y[..., offset : offset + x.shape[-1]] = x


@checked(FLOAT)
def concatenate_backward(dx: Array, dy: Array, offset: int) -> None:
    """dx = dy[..., offset : offset + channels of dx]: one call for each part."""
    dx[...] = dy[..., offset : offset + dx.shape[-1]]


@checked(FLOAT)
def pad2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, p, q, c) = x (n, h, w, c) from (top, left) on, zeros around it."""
    y[...] = 0.0
    y[:, top : top + x.shape[1], left : left + x.shape[2]] = x


@checked(FLOAT)
def crop2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, h, w, c) = the part of x (n, p, q, c) from (top, left) on: the adjoint of pad2d."""
    y[...] = x[:, top : top + y.shape[1], left : left + y.shape[2]]


@checked(FLOAT)
def permute(y: Array, x: Array, axes: tuple[int, ...]) -> None:
    """y = x with its axes in another order: axis i of y is axis axes[i] of x; up to 6 axes."""
    y[...] = x.transpose(axes)
