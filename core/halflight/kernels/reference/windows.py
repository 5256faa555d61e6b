"""Sliding windows over padded images of any number of axes, for convolution and pooling.

Arrays are (n, *image, c); sizes, strides, padding and dilation have one number for each image axis.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from .arrays import Array

Pair = tuple[int, int]
Triple = tuple[int, int, int]
Axes = tuple[int, ...]


def padded_shape(output: Axes, size: Axes, strides: Axes, dilation: Axes | None = None) -> Axes:
    """The part of an image that `output` windows cover; without `dilation`, taps are neighbours."""
    return tuple(
        (count - 1) * step + (taps - 1) * apart + 1
        for count, taps, step, apart in zip(
            output, size, strides, dilation or (1,) * len(size), strict=True
        )
    )


def pad(x: Array, shape: Axes, padding: Axes, value: float) -> Array:
    """A copy of x (n, *image, c) from `padding` on in an image of `shape`, `value` around it.

    Pixels of x that no window covers are cropped.
    """
    padded = np.full((x.shape[0], *shape, x.shape[-1]), value, x.dtype)
    inside = interior(padded, x.shape, padding)
    inside[...] = x[_leading(inside)]
    return padded


def interior(padded: Array, shape: Axes, padding: Axes) -> Array:
    """The part of a padded image that shows the unpadded image of `shape` (n, *image, c)."""
    slices = (slice(before, before + n) for before, n in zip(padding, shape[1:-1], strict=True))
    return padded[(slice(None), *slices)]


def unpad(dx: Array, padded: Array, padding: Axes) -> None:
    """dx = the interior of padded, zero in pixels that no window covers."""
    inside = interior(padded, dx.shape, padding)
    dx[...] = 0.0
    dx[_leading(inside)] = inside


def _leading(inside: Array) -> tuple[slice, ...]:
    """The index of the first pixels of an image, as many as `inside` has."""
    return (slice(None), *(slice(n) for n in inside.shape[1:-1]))


def taps(size: Axes, strides: Axes, output: Axes, dilation: Axes | None = None) -> Iterator[tuple]:
    """For each tap of a window: its place along each axis, and the padded pixels that it sees."""
    apart = dilation or (1,) * len(size)
    for tap in itertools.product(*map(range, size)):
        slices = (
            slice(u * d, u * d + (count - 1) * step + 1, step)
            for u, d, count, step in zip(tap, apart, output, strides, strict=True)
        )
        yield *tap, (slice(None), *slices)
