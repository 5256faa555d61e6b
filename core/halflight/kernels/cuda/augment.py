"""Images turned, mirrored and moved at random; each pixel finds out what happens to its sample."""

import numpy as np

from ..contract import twin
from ..randomness import random_below, random_key, random_word
from ..reference import augment as reference
from .loops.pixels import each_pixel


def _draw(key, sample, counts):
    """Two integers of a sample, from 0 to below each of `counts`."""
    word = random_word(key, np.uint64(sample))
    first, second = random_below(word, np.uint64(counts[0]), np.uint64(counts[1]))
    return np.int64(first), np.int64(second)


def _inverse(orientation):
    """The orientation that undoes one: mirrored ones undo themselves."""
    return orientation if orientation >= 4 else (4 - orientation) % 4


def _turned(i, j, orientation, height, width):
    """Row and column of the pixel of x that y[i, j] comes from.

    With m = w - 1, that is x[i, j], x[j, m - i], x[-i, -j], x[-j, i] for 0 to 3 and
    x[i, m - j], x[j, i], x[-i, j], x[-j, m - i] for 4 to 7, where -i and -j count from the end.
    """
    row, column = (j, i) if orientation & 1 else (i, j)
    row = height - 1 - row if orientation & 2 else row
    leftwards = orientation == 1 or orientation == 2 or orientation == 4 or orientation == 7
    column = width - 1 - column if leftwards else column
    return row, column


def _oriented(n, i, j, c, arrays, numbers):
    x = arrays[0]
    orientations, key, invert = numbers
    chosen, _ = _draw(key, n, (len(orientations), 1))
    orientation = orientations[chosen]
    orientation = _inverse(orientation) if invert else orientation
    row, column = _turned(i, j, orientation, x.shape[1], x.shape[2])
    return x[n, row, column, c]


_orient = each_pixel(_oriented)


@twin(reference.random_orientation_forward)
def random_orientation_forward(y, x, orientations, seed, step):
    _orient(y, (x,), (tuple(orientations), random_key(seed, step), False))


@twin(reference.random_orientation_backward)
def random_orientation_backward(dx, dy, orientations, seed, step):
    _orient(dx, (dy,), (tuple(orientations), random_key(seed, step), True))


def _moved(n, i, j, c, arrays, numbers):
    x = arrays[0]
    down, right, key, sign = numbers
    rows, columns = _draw(key, n, (down[1] - down[0] + 1, right[1] - right[0] + 1))
    row, column = i - sign * (down[0] + rows), j - sign * (right[0] + columns)
    inside = 0 <= row < x.shape[1] and 0 <= column < x.shape[2]
    return x[n, row, column, c] if inside else np.float32(0)


_move = each_pixel(_moved)


@twin(reference.random_shift_forward)
def random_shift_forward(y, x, down, right, seed, step):
    _move(y, (x,), (tuple(down), tuple(right), random_key(seed, step), 1))


@twin(reference.random_shift_backward)
def random_shift_backward(dx, dy, down, right, seed, step):
    _move(dx, (dy,), (tuple(down), tuple(right), random_key(seed, step), -1))
