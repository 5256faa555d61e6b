"""Moving pixels: joining, padding, cropping and permuting arrays."""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import layout as reference
from ..rules import MAXIMUM_RANK
from .arrays import Array, channels_of, flat
from .loops.pixels import each_pixel
from .machine.compiler import Kernel


@Kernel
def _join(y, x, channels, offset, part):
    """Rows of y have `channels` values, those of x `part`."""
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        row, c = divmod(i, part)
        y[row * channels + offset + c] = x[i]


@twin(reference.concatenate_forward)
def concatenate_forward(y, offset, x):
    _join.over(x.size, *flat(y, x), channels_of(y), offset, channels_of(x))


@Kernel
def _take_part(dx, dy, channels, offset, part):
    """Rows of dy have `channels` values, those of dx `part`."""
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        row, c = divmod(i, part)
        dx[i] = dy[row * channels + offset + c]


@twin(reference.concatenate_backward)
def concatenate_backward(dx, dy, offset):
    _take_part.over(dx.size, *flat(dx, dy), channels_of(dy), offset, channels_of(dx))


def _inside(n, p, q, c, arrays, corner):
    x = arrays[0]
    h, w = p - corner[0], q - corner[1]
    return x[n, h, w, c] if 0 <= h < x.shape[1] and 0 <= w < x.shape[2] else np.float32(0)


_pad = each_pixel(_inside)


@twin(reference.pad2d)
def pad2d(y, x, top, left):
    _pad(y, (x,), (top, left))


def _further(n, h, w, c, arrays, corner):
    return arrays[0][n, h + corner[0], w + corner[1], c]


_crop = each_pixel(_further)


@twin(reference.crop2d)
def crop2d(y, x, top, left):
    _crop(y, (x,), (top, left))


def _elsewhere(n, p, q, c, arrays, numbers):
    """Of y with six axes: n counts along the first three, and `steps` lead along each through x."""
    second, third, steps = numbers
    rest, k = divmod(n, third)
    i, j = divmod(rest, second)
    place = i * steps[0] + j * steps[1] + k * steps[2]
    return arrays[0][place + p * steps[3] + q * steps[4] + c * steps[5]]


_permute = each_pixel(_elsewhere)


def gather_axes(y: Array, lengths: tuple[int, ...], x: Array, steps: tuple[int, ...]) -> None:
    """y, taken as an array of `lengths`, = values of x; a step along each axis leads so far."""
    missing = MAXIMUM_RANK - len(lengths)  # before the first axis
    lengths, steps = (1,) * missing + lengths, (0,) * missing + steps
    images = y.reshape((math.prod(lengths[:3]), *lengths[3:]))
    _permute(images, tuple(flat(x)), (*lengths[1:3], steps))


@twin(reference.permute)
def permute(y, x, axes):
    gather_axes(y, tuple(y.shape), x, tuple(math.prod(x.shape[axis + 1 :]) for axis in axes))
