"""Images turned, mirrored and moved at random, sample by sample, and exactly: no pixel is mixed.

What happens to a sample is a function of (seed, step, sample) alone: see randomness.py.

In the laws: n samples, h by w pixels, c channels.
"""

import numpy as np

from ..contract import kernel
from ..randomness import random_below, random_key, random_word
from .arrays import Array
from .windows import Pair


def _draw(samples: int, counts: Pair, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Two integers for each sample, from 0 to below each of `counts`."""
    words = random_word(random_key(seed, step), np.arange(samples, dtype=np.uint64))
    first, second = random_below(words, np.uint64(counts[0]), np.uint64(counts[1]))
    return first.astype(np.int64), second.astype(np.int64)


def _orientations(samples: int, among: tuple[int, ...], seed: int, step: int) -> np.ndarray:
    """The orientation of each sample, one of `among`."""
    return np.array(among)[_draw(samples, (len(among), 1), seed, step)[0]]


@kernel(y="n h w c", x="n h w c")
def random_orientation_forward(
    y: Array, x: Array, orientations: tuple[int, ...], seed: int, step: int
) -> None:
    """y = each image of x (n, h, w, c) in one of `orientations`, equally likely.

    An orientation is one of the 8 symmetries of the square: modulo 4 the quarter turns
    (counter-clockwise, as numpy.rot90), and from 4 on the columns are mirrored first. The odd ones
    need h = w.
    """
    for n, orientation in enumerate(_orientations(len(x), orientations, seed, step)):
        mirrored = x[n, :, ::-1] if orientation >= 4 else x[n]
        y[n] = np.rot90(mirrored, orientation % 4)


@kernel(dx="n h w c", dy="n h w c")
def random_orientation_backward(
    dx: Array, dy: Array, orientations: tuple[int, ...], seed: int, step: int
) -> None:
    """dx = dy turned back, after the forward pass with the same orientations, seed and step."""
    for n, orientation in enumerate(_orientations(len(dy), orientations, seed, step)):
        back = np.rot90(dy[n], -(orientation % 4))
        dx[n] = back[:, ::-1] if orientation >= 4 else back


def _shifts(samples: int, down: Pair, right: Pair, seed: int, step: int) -> np.ndarray:
    """The shift (rows, columns) of each sample."""
    counts = (down[1] - down[0] + 1, right[1] - right[0] + 1)
    rows, columns = _draw(samples, counts, seed, step)
    return np.stack([down[0] + rows, right[0] + columns], axis=1)


def _move(y: Array, x: Array, shifts: np.ndarray) -> None:
    """y = x moved, zeros where nothing comes from."""
    y[...] = 0.0
    height, width = x.shape[1:3]
    for n, (down, right) in enumerate(shifts):
        there = (slice(max(down, 0), height + down), slice(max(right, 0), width + right))
        here = (slice(max(-down, 0), height - down), slice(max(-right, 0), width - right))
        if abs(down) < height and abs(right) < width:
            y[n][there] = x[n][here]


@kernel(y="n h w c", x="n h w c")
def random_shift_forward(y: Array, x: Array, down: Pair, right: Pair, seed: int, step: int) -> None:
    """y = each image of x (n, h, w, c) moved by whole pixels; zeros, the sky, enter.

    The shift down and the shift to the right are drawn from the integers `down[0]` to `down[1]` and
    `right[0]` to `right[1]`, both ends included, negative ones being up and to the left.
    """
    _move(y, x, _shifts(len(x), down, right, seed, step))


@kernel(dx="n h w c", dy="n h w c")
def random_shift_backward(
    dx: Array, dy: Array, down: Pair, right: Pair, seed: int, step: int
) -> None:
    """dx = dy moved back, after the forward pass with the same arguments; zeros enter."""
    _move(dx, dy, -_shifts(len(dy), down, right, seed, step))
