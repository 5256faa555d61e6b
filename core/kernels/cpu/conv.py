"""Convolution of images and volumes; an image is a volume of one plane."""

from ..contract import checked
from .arrays import FLOAT, Array
from .groups import backward_input, backward_weights, forward
from .volumes import Geometry
from .windows import Triple

__all__ = [
    "conv2d_backward_input",
    "conv2d_backward_weights",
    "conv2d_forward",
    "conv3d_backward_input",
    "conv3d_backward_weights",
    "conv3d_forward",
]

Pair = tuple[int, int]


def _volumes(images: Array) -> Array:
    """(n, h, w, c) as (n, 1, h, w, c)."""
    return images[:, None]


def _geometry(strides: Pair, padding: Pair, dilation: Pair) -> Geometry:
    return Geometry((1, *strides), (0, *padding), (1, *dilation))


@checked(FLOAT)
def conv2d_forward(
    y: Array,
    x: Array,
    w: Array,
    b: Array | None,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in / groups, out) and b (out,) or None."""
    geometry = _geometry(strides, padding, dilation)
    forward(_volumes(y), _volumes(x), w[None], b, geometry, groups)


@checked(FLOAT)
def conv2d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair, dilation: Pair, groups: int
) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x."""
    geometry = _geometry(strides, padding, dilation)
    backward_input(_volumes(dx), _volumes(dy), w[None], geometry, groups)


@checked(FLOAT)
def conv2d_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """dw (kh, kw, in / groups, out) and db (out,), or None, += gradients of conv2d_forward."""
    geometry = _geometry(strides, padding, dilation)
    backward_weights(dw[None], db, _volumes(dy), _volumes(x), geometry, groups)


@checked(FLOAT)
def conv3d_forward(
    y: Array,
    x: Array,
    w: Array,
    b: Array | None,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in), w (kd, kh, kw, in / groups, out), b or None."""
    forward(y, x, w, b, Geometry(strides, padding, dilation), groups)


@checked(FLOAT)
def conv3d_backward_input(
    dx: Array, dy: Array, w: Array, strides: Triple, padding: Triple, dilation: Triple, groups: int
) -> None:
    """dx (n, d, h, w, in) = gradient of conv3d_forward by its x."""
    backward_input(dx, dy, w, Geometry(strides, padding, dilation), groups)


@checked(FLOAT)
def conv3d_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
) -> None:
    """dw (kd, kh, kw, in / groups, out) and db (out,), or None, += gradients of conv3d_forward."""
    backward_weights(dw, db, dy, x, Geometry(strides, padding, dilation), groups)
