"""Images turned, mirrored and moved at random: each is copied once, and none waits for another."""

import numpy as np
from numba import prange

from .. import randomness
from ..contract import twin
from ..reference import augment as reference
from .arrays import Array
from .machine.compiler import compiled
from .pool import Pair

_random_word = compiled()(randomness.random_word)
_random_below = compiled()(randomness.random_below)


@compiled()
def _draw(key, sample, counts):
    """Two integers of a sample, from 0 to below each of `counts`."""
    word = _random_word(key, np.uint64(sample))
    first, second = _random_below(word, np.uint64(counts[0]), np.uint64(counts[1]))
    return np.int64(first), np.int64(second)


@compiled()
def _inverse(orientation):
    """The orientation that undoes one: mirrored ones undo themselves."""
    return orientation if orientation >= 4 else (4 - orientation) % 4


@compiled()
def _orient_image(y, x, orientation):
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
def _orient_images(y, x, orientations, key, invert):
    for n in prange(len(x)):
        chosen, _ = _draw(key, n, (len(orientations), 1))
        orientation = orientations[chosen]
        _orient_image(y[n], x[n], _inverse(orientation) if invert else orientation)


@twin(reference.random_orientation_forward)
def random_orientation_forward(y, x, orientations, seed, step):
    _orient_images(y, x, np.array(orientations), randomness.random_key(seed, step), False)


@twin(reference.random_orientation_backward)
def random_orientation_backward(dx, dy, orientations, seed, step):
    _orient_images(dx, dy, np.array(orientations), randomness.random_key(seed, step), True)


@compiled()
def _move_image(y, x, down, right):
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
def _move_images(y, x, down, right, channels, key, sign):
    for n in prange(len(x)):
        counts = (down[1] - down[0] + 1, right[1] - right[0] + 1)
        rows, columns = _draw(key, n, counts)
        _move_image(y[n], x[n], sign * (down[0] + rows), sign * (right[0] + columns) * channels)


def _move(y: Array, x: Array, down: Pair, right: Pair, key: np.uint64, sign: int) -> None:
    samples, height, _, channels = x.shape
    rows = (samples, height, -1)
    _move_images(y.reshape(rows), x.reshape(rows), tuple(down), tuple(right), channels, key, sign)


@twin(reference.random_shift_forward)
def random_shift_forward(y, x, down, right, seed, step):
    _move(y, x, down, right, randomness.random_key(seed, step), 1)


@twin(reference.random_shift_backward)
def random_shift_backward(dx, dy, down, right, seed, step):
    _move(dx, dy, down, right, randomness.random_key(seed, step), -1)
