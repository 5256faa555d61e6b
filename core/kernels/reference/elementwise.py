"""Addition, in place too, and concatenation, by definition."""

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "add_forward",
    "concatenate_backward",
    "concatenate_forward",
]


@checked(FLOAT)
def add_forward(y: Array, a: Array, b: Array) -> None:
    """y = a + b."""
    y[...] = a + b


@checked(FLOAT)
def concatenate_forward(y: Array, offset: int, x: Array) -> None:
    """y[..., offset : offset + channels of x] = x: one call for each part."""
    y[..., offset : offset + x.shape[-1]] = x


@checked(FLOAT)
def concatenate_backward(dx: Array, dy: Array, offset: int) -> None:
    """dx = dy[..., offset : offset + channels of dx]: one call for each part."""
    dx[...] = dy[..., offset : offset + dx.shape[-1]]
