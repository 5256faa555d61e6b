"""Convolution of images and volumes; an image is a volume of one plane.

With `precise`, sums are direct where Winograd's algorithm would serve.
"""

from ..contract import checked
from .arrays import FLOAT, Array
from .epilogue import Ending
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


def _geometry(strides: Pair, padding: Pair, dilation: Pair, precise: bool) -> Geometry:
    return Geometry((1, *strides), (0, *padding), (1, *dilation), precise)


def fused_forward(
    y: Array,
    x: Array,
    w: Array,
    ending: Ending,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    precise: bool,
) -> None:
    """y = ending of the convolution of x (n, h, w, in) with w (kh, kw, in / groups, out)."""
    geometry = _geometry(strides, padding, dilation, precise)
    forward(_volumes(y), _volumes(x), w[None], ending, geometry, groups)


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
    *,
    precise: bool = False,
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in / groups, out) and b (out,) or None."""
    fused_forward(y, x, w, Ending(shift=b), strides, padding, dilation, groups, precise)


@checked(FLOAT)
def conv2d_backward_input(
    dx: Array,
    dy: Array,
    w: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    *,
    precise: bool = False,
) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x."""
    geometry = _geometry(strides, padding, dilation, precise)
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
    *,
    precise: bool = False,
) -> None:
    """dw (kh, kw, in / groups, out) and db (out,), or None, += gradients of conv2d_forward."""
    geometry = _geometry(strides, padding, dilation, precise)
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
    *,
    precise: bool = False,
) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in), w (kd, kh, kw, in / groups, out), b or None."""
    forward(y, x, w, Ending(shift=b), Geometry(strides, padding, dilation, precise), groups)


@checked(FLOAT)
def conv3d_backward_input(
    dx: Array,
    dy: Array,
    w: Array,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
    *,
    precise: bool = False,
) -> None:
    """dx (n, d, h, w, in) = gradient of conv3d_forward by its x."""
    backward_input(dx, dy, w, Geometry(strides, padding, dilation, precise), groups)


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
    *,
    precise: bool = False,
) -> None:
    """dw (kd, kh, kw, in / groups, out) and db (out,), or None, += gradients of conv3d_forward."""
    backward_weights(dw, db, dy, x, Geometry(strides, padding, dilation, precise), groups)
