"""The largest of every 2 x 2 pixels, line by line, for images that a fused kernel has in its cache.

A line is a row of pixels, (width * channels,) floats: loops over whole lines are long enough for
the compiler to make vectors of, loops over the channels of a pixel are not always.
"""

from typing import NamedTuple

import numba
import numpy as np
from numba import prange

from ..arrays import Array, Indices
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.vector import copy_floats, keep_where

_ZERO = np.float32(0)


@compiled()
def _larger_of_lines(value, place, upper, lower):
    """value = the larger of two lines, NaN before all; place = 0 or 2: the first of equal ones."""
    for i in range(value.size):
        wins = not (lower[i] <= upper[i]) and upper[i] == upper[i]
        value[i] = lower[i] if wins else upper[i]
        place[i] = np.int32(2) if wins else np.int32(0)


@compiled(apart=True)
def _larger_of_pixels(y, index, value, place, channels):
    """y = the larger of two pixels, NaN before all; index = its place: the first of equal ones."""
    for start in range(0, y.size, channels):
        for c in range(start, start + channels):
            left, right = value[start + c], value[start + channels + c]
            first = place[start + c]
            second = place[start + channels + c] + np.int32(1)
            same = left == right or (left != left and right != right)
            wins = (not (right <= left) and left == left) or (same and second < first)
            y[c] = right if wins else left
            index[c] = second if wins else first


@compiled()
def pool_lines(y, index, upper, lower, value, place, channels):
    """A line of y and index from two lines of twice its pixels; value and place are spoiled."""
    size = 2 * y.size
    _larger_of_lines(value[:size], place[:size], upper[:size], lower[:size])
    _larger_of_pixels(y, index, value, place, channels)


@compiled()
def pool_pairs(y, index, z, first, last, shape, value, places):
    """y of images first..last = the largest of each 2 x 2 of z, which holds these images alone.

    Flat arrays; shape is (height, width, channels) of an image of z. An empty index is not written.
    """
    height, width, channels = shape
    line, small = width * channels, width // 2 * channels
    rows = height // 2
    place, won = places[0], places[1]
    for n in range(last - first):
        for row in range(rows):
            upper = (n * height + 2 * row) * line
            to = ((first + n) * rows + row) * small
            pool_lines(
                y[to : to + small],
                won[:small],
                z[upper : upper + line],
                z[upper + line : upper + 2 * line],
                value,
                place,
                channels,
            )
            if index.size:
                copy_floats(index, to, won, 0, small)


@compiled()
def spread_line(line, dy, index, parity, channels):
    """line = dy where its place is in this row (0 upper, 1 lower) and column of its 2 x 2, else 0.

    dy and index have half the pixels of the line; an odd last pixel gets zero.
    """
    for start in range(0, dy.size, channels):
        for column in range(2):
            to = 2 * start + column * channels
            keep_where(line, to, dy, index, start, channels, np.int32(2 * parity + column))
    line[2 * dy.size :] = _ZERO


@compiled()
def mask_line(line, dy, y, slope):
    """line = dy, times slope where y is not above 0."""
    for i in range(dy.size):
        line[i] = dy[i] * slope if y[i] <= _ZERO else dy[i]


@compiled(parallel=True)
def spread_pairs(dx, dy, index, y, slope, lines, channels):
    """dx = dy at the largest of each 2 x 2, times slope where y is not above 0; else 0.

    All (n, rows, width * channels); lines is spoiled.
    """
    for n in prange(len(dx)):
        masked = lines[numba.get_thread_id()]
        for row in range(dx.shape[1]):
            half = row // 2
            if half == dy.shape[1]:
                dx[n, row, :] = _ZERO
                continue
            mask_line(masked, dy[n, half], y[n, half], slope)
            spread_line(dx[n, row], masked[: dy.shape[2]], index[n, half], row % 2, channels)


class Room(NamedTuple):
    """Lines of scratch, for each thread: one of numbers, two of places."""

    value: Array
    places: Indices


def make_room(line: int) -> Room:
    """Room for pooling lines of up to `line` floats; none of its kernels run inside another."""
    threads = thread_limit()
    places = scratch("pooled places", threads, 2, line).view(np.int32)
    return Room(scratch("pooled values", threads, line), places)


def places_of(index: Indices | None) -> Indices:
    """An index made flat, or where nobody needs it an empty one."""
    return np.empty(0, np.int32) if index is None else index.reshape(-1)
