"""Convolution of images and volumes; an image is a volume of one plane.

With `precise`, sums are direct where Winograd's algorithm would serve.
"""

from ..contract import twin
from ..reference import conv as reference
from .arrays import Array
from .convolution.groups import backward_input, backward_weights, forward
from .convolution.volumes import Geometry
from .products.epilogue import Ending

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


@twin(reference.conv2d_forward)
def conv2d_forward(y, x, w, b, strides, padding, dilation, groups, *, precise=False):
    fused_forward(y, x, w, Ending(shift=b), strides, padding, dilation, groups, precise)


@twin(reference.conv2d_backward_input)
def conv2d_backward_input(dx, dy, w, strides, padding, dilation, groups, *, precise=False):
    geometry = _geometry(strides, padding, dilation, precise)
    backward_input(_volumes(dx), _volumes(dy), w[None], geometry, groups)


@twin(reference.conv2d_backward_weights)
def conv2d_backward_weights(dw, db, dy, x, strides, padding, dilation, groups, *, precise=False):
    geometry = _geometry(strides, padding, dilation, precise)
    backward_weights(dw[None], db, _volumes(dy), _volumes(x), geometry, groups)


@twin(reference.conv3d_forward)
def conv3d_forward(y, x, w, b, strides, padding, dilation, groups, *, precise=False):
    forward(y, x, w, Ending(shift=b), Geometry(strides, padding, dilation, precise), groups)


@twin(reference.conv3d_backward_input)
def conv3d_backward_input(dx, dy, w, strides, padding, dilation, groups, *, precise=False):
    backward_input(dx, dy, w, Geometry(strides, padding, dilation, precise), groups)


@twin(reference.conv3d_backward_weights)
def conv3d_backward_weights(dw, db, dy, x, strides, padding, dilation, groups, *, precise=False):
    backward_weights(dw, db, dy, x, Geometry(strides, padding, dilation, precise), groups)
