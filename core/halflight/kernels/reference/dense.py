"""Dense layers, by definition: y = x w + b.

In the laws: n samples, i features in, o features out.
"""

from ..contract import kernel
from .arrays import Array


@kernel(y="n o", x="n i", w="i o", b="o?")
def dense_forward(y: Array, x: Array, w: Array, b: Array | None) -> None:
    """y (n, out) = x (n, in) w (in, out) + b (out,); b may be None."""
    y[...] = x @ w
    if b is not None:
        y += b


@kernel(dx="n i", dy="n o", w="i o")
def dense_backward_input(dx: Array, dy: Array, w: Array) -> None:
    """dx (n, in) = dy (n, out) w^T."""
    dx[...] = dy @ w.T


@kernel(dw="i o", db="o?", dy="n o", x="n i")
def dense_backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, fresh: bool = False
) -> None:
    """dw (in, out) += x^T dy; db (out,) += sum of dy over the batch; db may be None.

    What dw held before does not count if it is `fresh`.
    """
    dw[...] = x.T @ dy + (0.0 if fresh else dw)
    if db is not None:
        db += dy.sum(axis=0)
