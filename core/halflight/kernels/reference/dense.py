"""Dense layers, by definition: y = x w + b."""

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "dense_backward_input",
    "dense_backward_weights",
    "dense_forward",
]


@checked(FLOAT)
def dense_forward(y: Array, x: Array, w: Array, b: Array | None) -> None:
    """y (n, out) = x (n, in) w (in, out) + b (out,); b may be None."""
    y[...] = x @ w
    if b is not None:
        y += b


@checked(FLOAT)
def dense_backward_input(dx: Array, dy: Array, w: Array) -> None:
    """dx (n, in) = dy (n, out) w^T."""
    dx[...] = dy @ w.T


@checked(FLOAT)
def dense_backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, fresh: bool = False
) -> None:
    """dw (in, out) += x^T dy; db (out,) += sum of dy over the batch; db may be None.

    What dw held before does not count if it is `fresh`.
    """
    dw[...] = x.T @ dy + (0.0 if fresh else dw)
    if db is not None:
        db += dy.sum(axis=0)
