"""Sliding windows over padded images, shared by convolution and pooling."""

from collections.abc import Iterator

import numpy as np

from .arrays import Array

Pair = tuple[int, int]


def padded_shape(output: Pair, size: Pair, strides: Pair) -> Pair:
    """Rows and columns that `output` windows cover."""
    return (output[0] - 1) * strides[0] + size[0], (output[1] - 1) * strides[1] + size[1]


def pad(x: Array, shape: Pair, padding: Pair, value: float) -> Array:
    """A copy of x (n, h, w, c) from `padding` on in an image of `shape`, `value` around it.

    Rows and columns of x that no window covers are cropped.
    """
    padded = np.full((x.shape[0], *shape, x.shape[3]), value, x.dtype)
    inside = interior(padded, x.shape, padding)
    inside[...] = x[:, : inside.shape[1], : inside.shape[2]]
    return padded


def interior(padded: Array, shape: tuple[int, ...], padding: Pair) -> Array:
    """The part of a padded image that shows the unpadded image of `shape` (n, h, w, c)."""
    top, left = padding
    return padded[:, top : top + shape[1], left : left + shape[2]]


def unpad(dx: Array, padded: Array, padding: Pair) -> None:
    """dx = the interior of padded, zero in rows and columns that no window covers."""
    inside = interior(padded, dx.shape, padding)
    dx[...] = 0.0
    dx[:, : inside.shape[1], : inside.shape[2]] = inside


def taps(size: Pair, strides: Pair, output: Pair) -> Iterator[tuple[int, int, tuple]]:
    """For each window position (u, v): u, v, and the slice of a padded image that it sees."""
    for u in range(size[0]):
        for v in range(size[1]):
            rows = slice(u, u + (output[0] - 1) * strides[0] + 1, strides[0])
            columns = slice(v, v + (output[1] - 1) * strides[1] + 1, strides[1])
            yield u, v, (slice(None), rows, columns)
