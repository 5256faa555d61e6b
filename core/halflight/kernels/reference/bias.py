"""A bias by itself, by definition: one number added to each feature."""

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = ["bias_backward", "bias_forward"]


@checked(FLOAT)
def bias_forward(y: Array, b: Array) -> None:
    """y (..., out) += b (out,), in place."""
    y += b


@checked(FLOAT)
def bias_backward(db: Array, dy: Array) -> None:
    """db (out,) += the sum of dy (..., out) over all axes but the last."""
    db += dy.sum(axis=tuple(range(dy.ndim - 1)))
