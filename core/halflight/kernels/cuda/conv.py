"""Convolution of images and volumes; an image is a volume of one plane.

With `tf32`, factors are rounded to 10 bits of mantissa for the tensor cores.
"""

from ..contract import checked
from .arrays import FLOAT, Array
from .columns import add_column_sums
from .correlate import correlate
from .correlate_weights import correlate_weights
from .epilogue import Ending
from .gather import Geometry, Triple

__all__ = [
    "conv2d_backward_input",
    "conv2d_backward_weights",
    "conv2d_forward",
    "conv3d_backward_input",
    "conv3d_backward_weights",
    "conv3d_forward",
]

Pair = tuple[int, int]


def _flat_volumes(strides: Pair, padding: Pair, dilation: Pair, groups: int) -> Geometry:
    return Geometry((1, *strides), (0, *padding), (1, *dilation), groups)


def volume(images: Array) -> Array:
    """(n, h, w, c) as (n, 1, h, w, c)."""
    return images.reshape((images.shape[0], 1, *images.shape[1:]))


def _taps(w: Array) -> Array:
    """Weights (kh, kw, in, out) as (1, kh, kw, in, out)."""
    return w.reshape((1, *w.shape))


def _forward(y: Array, x: Array, w: Array, ending: Ending, geometry: Geometry, tf32: bool) -> None:
    gather = geometry.windows(y.shape[1:4], x.shape, w.shape[:3])
    correlate(y, x, w, ending, gather, tf32=tf32)


def _backward_input(dx: Array, dy: Array, w: Array, geometry: Geometry, tf32: bool) -> None:
    gather = geometry.windows_back(dx.shape[1:4], dy.shape, w.shape[:3])
    correlate(dx, dy, w, Ending(), gather, transposed=True, tf32=tf32)


def _backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, geometry: Geometry, tf32: bool
) -> None:
    gather = geometry.windows(dy.shape[1:4], x.shape, dw.shape[:3])
    correlate_weights(dw, dy, x, gather, fresh=False, tf32=tf32)
    if db is not None:
        add_column_sums(db, dy)


def fused_forward(
    y: Array,
    x: Array,
    w: Array,
    ending: Ending,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    tf32: bool,
) -> None:
    """y = ending of the convolution of x (n, h, w, in) with w (kh, kw, in / groups, out)."""
    geometry = _flat_volumes(strides, padding, dilation, groups)
    _forward(volume(y), volume(x), _taps(w), ending, geometry, tf32)


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
    tf32: bool = False,
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in / groups, out) and b (out,) or None."""
    fused_forward(y, x, w, Ending(shift=b), strides, padding, dilation, groups, tf32)


@checked(FLOAT)
def conv2d_backward_input(
    dx: Array,
    dy: Array,
    w: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    tf32: bool = False,
) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x."""
    geometry = _flat_volumes(strides, padding, dilation, groups)
    _backward_input(volume(dx), volume(dy), _taps(w), geometry, tf32)


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
    tf32: bool = False,
) -> None:
    """dw (kh, kw, in / groups, out) and db (out,), or None, += gradients of conv2d_forward."""
    geometry = _flat_volumes(strides, padding, dilation, groups)
    _backward_weights(_taps(dw), db, volume(dy), volume(x), geometry, tf32)


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
    tf32: bool = False,
) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in), w (kd, kh, kw, in / groups, out), b or None."""
    _forward(y, x, w, Ending(shift=b), Geometry(strides, padding, dilation, groups), tf32)


@checked(FLOAT)
def conv3d_backward_input(
    dx: Array,
    dy: Array,
    w: Array,
    strides: Triple,
    padding: Triple,
    dilation: Triple,
    groups: int,
    tf32: bool = False,
) -> None:
    """dx (n, d, h, w, in) = gradient of conv3d_forward by its x."""
    _backward_input(dx, dy, w, Geometry(strides, padding, dilation, groups), tf32)


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
    tf32: bool = False,
) -> None:
    """dw (kd, kh, kw, in / groups, out) and db (out,), or None, += gradients of conv3d_forward."""
    _backward_weights(dw, db, dy, x, Geometry(strides, padding, dilation, groups), tf32)
