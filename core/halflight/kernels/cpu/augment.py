"""Images turned, mirrored and moved at random: each is copied once, and none waits for another."""

import numpy as np
from numba import prange

from .. import randomness
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .pool import Pair

__all__ = [
    "random_orientation_backward",
    "random_orientation_forward",
    "random_shift_backward",
    "random_shift_forward",
]

_random_word = compiled()(randomness.random_word)
_random_below = compiled()(randomness.random_below)


@compiled()
def _draw(key, sample, counts):  # type: ignore
    """Two integers of a sample, from 0 to below each of `counts`."""
    word = _random_word(key, np.uint64(sample))
    first, second = _random_below(word, np.uint64(counts[0]), np.uint64(counts[1]))
    return np.int64(first), np.int64(second)


@compiled()
def _inverse(orientation):  # type: ignore
    """The orientation that undoes one: mirrored ones undo themselves."""
    return orientation if orientation >= 4 else (4 - orientation) % 4


@compiled()
def _orient_image(y, x, orientation):  # type: ignore
    """Images (h, w, c): y[i, j] comes from the pixel first + i down + j right of x, in its order.

    With m = w - 1, that is x[i, j], x[j, m - i], x[-i, -j], x[-j, i] for 0 to 3 and
    x[i, m - j], x[j, i], x[-i, j], x[-j, m - i] for 4 to 7, where -i and -j count from the end.
    """
    height, width, channels = x.shape
    row = -width if orientation & 2 else width
    column = -1 if orientation in (1, 2, 4, 7) else 1
    first = (height - 1) * width if row < 0 else 0
    first += width - 1 if column < 0 else 0
    down, right = (column, row) if orientation & 1 else (row, column)
    pixels = x.reshape(height * width, channels)
    for i in range(height):
        start = first + i * down
        if channels == 1:
            for j in range(width):
                y[i, j, 0] = pixels[start + j * right, 0]
        else:
            for j in range(width):
                for c in range(channels):
                    y[i, j, c] = pixels[start + j * right, c]


@compiled(parallel=True)
def _orient_images(y, x, orientations, key, invert):  # type: ignore
    for n in prange(len(x)):
        chosen, _ = _draw(key, n, (len(orientations), 1))
        orientation = orientations[chosen]
        _orient_image(y[n], x[n], _inverse(orientation) if invert else orientation)


@checked(FLOAT)
def random_orientation_forward(
    y: Array, x: Array, orientations: tuple[int, ...], seed: int, step: int
) -> None:
    """y = each image of x (n, h, w, c) in one of `orientations`, equally likely.

    An orientation is one of the 8 symmetries of the square: modulo 4 the quarter turns
    (counter-clockwise, as numpy.rot90), and from 4 on the columns are mirrored first. The odd ones
    need h = w.
    """
    _orient_images(y, x, np.array(orientations), randomness.random_key(seed, step), False)


@checked(FLOAT)
def random_orientation_backward(
    dx: Array, dy: Array, orientations: tuple[int, ...], seed: int, step: int
) -> None:
    """dx = dy turned back, after the forward pass with the same orientations, seed and step."""
    _orient_images(dx, dy, np.array(orientations), randomness.random_key(seed, step), True)


@compiled()
def _move_image(y, x, down, right):  # type: ignore
    """Images as rows of (column, channel); `right` counts values."""
    height, length = x.shape
    first, last = max(right, 0), min(length + right, length)
    for i in range(height):
        if 0 <= i - down < height and first < last:
            for j in range(first):
                y[i, j] = np.float32(0)
            for j in range(first, last):
                y[i, j] = x[i - down, j - right]
            for j in range(last, length):
                y[i, j] = np.float32(0)
        else:
            for j in range(length):
                y[i, j] = np.float32(0)


@compiled(parallel=True)
def _move_images(y, x, down, right, channels, key, sign):  # type: ignore
    for n in prange(len(x)):
        counts = (down[1] - down[0] + 1, right[1] - right[0] + 1)
        rows, columns = _draw(key, n, counts)
        _move_image(y[n], x[n], sign * (down[0] + rows), sign * (right[0] + columns) * channels)


def _move(y: Array, x: Array, down: Pair, right: Pair, key: np.uint64, sign: int) -> None:
    samples, height, _, channels = x.shape
    rows = (samples, height, -1)
    _move_images(y.reshape(rows), x.reshape(rows), tuple(down), tuple(right), channels, key, sign)


@checked(FLOAT)
def random_shift_forward(y: Array, x: Array, down: Pair, right: Pair, seed: int, step: int) -> None:
    """y = each image of x (n, h, w, c) moved by whole pixels; zeros, the sky, enter.

    The shift down and the shift to the right are drawn from the integers `down[0]` to `down[1]` and
    `right[0]` to `right[1]`, both ends included, negative ones being up and to the left.
    """
    _move(y, x, down, right, randomness.random_key(seed, step), 1)


@checked(FLOAT)
def random_shift_backward(
    dx: Array, dy: Array, down: Pair, right: Pair, seed: int, step: int
) -> None:
    """dx = dy moved back, after the forward pass with the same arguments; zeros enter."""
    _move(dx, dy, down, right, randomness.random_key(seed, step), -1)
