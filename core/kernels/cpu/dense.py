"""Dense layers: convolutions of one-pixel images with a one-pixel window."""

from ..contract import checked
from .arrays import FLOAT, Array
from .conv import conv2d_backward_input, conv2d_backward_weights, conv2d_forward

__all__ = [
    "dense_backward_input",
    "dense_backward_weights",
    "dense_forward",
]

_GEOMETRY = ((1, 1), (0, 0), (1, 1), 1)


def _image(x: Array) -> Array:
    return x.reshape(len(x), 1, 1, -1)


@checked(FLOAT)
def dense_forward(y: Array, x: Array, w: Array, b: Array | None) -> None:
    """y (n, out) = x (n, in) w (in, out) + b (out,); b may be None."""
    conv2d_forward(_image(y), _image(x), w[None, None], b, *_GEOMETRY)


@checked(FLOAT)
def dense_backward_input(dx: Array, dy: Array, w: Array) -> None:
    """dx (n, in) = dy (n, out) w^T."""
    conv2d_backward_input(_image(dx), _image(dy), w[None, None], *_GEOMETRY)


@checked(FLOAT)
def dense_backward_weights(dw: Array, db: Array | None, dy: Array, x: Array) -> None:
    """dw (in, out) += x^T dy; db (out,) += sum of dy over the batch; db may be None."""
    conv2d_backward_weights(dw[None, None], db, _image(dy), _image(x), *_GEOMETRY)
