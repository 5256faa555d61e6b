"""Dense layers."""

from ..contract import checked
from .arrays import FLOAT, Array
from .epilogue import Ending, epilogue
from .products import product, weight_product

__all__ = [
    "dense_backward_input",
    "dense_backward_weights",
    "dense_forward",
]


@checked(FLOAT)
def dense_forward(y: Array, x: Array, w: Array, b: Array | None) -> None:
    """y (n, out) = x (n, in) w (in, out) + b (out,); b may be None."""
    product(y, x, w, epilogue(w.shape[1], Ending(shift=b)))


@checked(FLOAT)
def dense_backward_input(dx: Array, dy: Array, w: Array) -> None:
    """dx (n, in) = dy (n, out) w^T."""
    product(dx, dy, w, epilogue(w.shape[0], Ending()), transposed=True)


@checked(FLOAT)
def dense_backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, fresh: bool = False
) -> None:
    """dw (in, out) += x^T dy; db (out,) += sum of dy over the batch; db may be None.

    What dw held before does not count if it is `fresh`.
    """
    weight_product(dw, db, dy, x, fresh)
