"""A bias by itself, by definition: one number added to each feature."""

from ..contract import kernel
from .arrays import Array


@kernel(y="... o", b="o")
def bias_forward(y: Array, b: Array) -> None:
    """y (..., out) += b (out,), in place."""
    y += b


@kernel(db="o", dy="... o")
def bias_backward(db: Array, dy: Array) -> None:
    """db (out,) += the sum of dy (..., out) over all axes but the last."""
    db += dy.sum(axis=tuple(range(dy.ndim - 1)))
