"""Convolution of images and volumes; an image is a volume of one plane.

With `tf32`, factors are rounded to 10 bits of mantissa for the tensor cores.
"""

from ..contract import twin
from ..reference import conv as reference
from .arrays import Array
from .loops.columns import add_column_sums
from .products.correlate import correlate
from .products.correlate_weights import correlate_weights
from .products.epilogue import Ending
from .products.gather import Geometry

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


@twin(reference.conv2d_forward)
def conv2d_forward(y, x, w, b, strides, padding, dilation, groups, *, tf32=False):
    fused_forward(y, x, w, Ending(shift=b), strides, padding, dilation, groups, tf32)


@twin(reference.conv2d_backward_input)
def conv2d_backward_input(dx, dy, w, strides, padding, dilation, groups, *, tf32=False):
    geometry = _flat_volumes(strides, padding, dilation, groups)
    _backward_input(volume(dx), volume(dy), _taps(w), geometry, tf32)


@twin(reference.conv2d_backward_weights)
def conv2d_backward_weights(dw, db, dy, x, strides, padding, dilation, groups, *, tf32=False):
    geometry = _flat_volumes(strides, padding, dilation, groups)
    _backward_weights(_taps(dw), db, volume(dy), volume(x), geometry, tf32)


@twin(reference.conv3d_forward)
def conv3d_forward(y, x, w, b, strides, padding, dilation, groups, *, tf32=False):
    _forward(y, x, w, Ending(shift=b), Geometry(strides, padding, dilation, groups), tf32)


@twin(reference.conv3d_backward_input)
def conv3d_backward_input(dx, dy, w, strides, padding, dilation, groups, *, tf32=False):
    _backward_input(dx, dy, w, Geometry(strides, padding, dilation, groups), tf32)


@twin(reference.conv3d_backward_weights)
def conv3d_backward_weights(dw, db, dy, x, strides, padding, dilation, groups, *, tf32=False):
    _backward_weights(dw, db, dy, x, Geometry(strides, padding, dilation, groups), tf32)
