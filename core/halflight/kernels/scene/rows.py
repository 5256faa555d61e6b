"""Loops over a part of a row of flat arrays, which begin at numbers given beside them.

Of few arrays each, and counted by unsigned numbers, which never count from an array's end: such
loops the compiler turns into SIMD.
"""

import numpy as np

from ..cpu.machine.compiler import compiled

# The central difference of eighth order (Fornberg 1988, Math. Comp. 51, 699, table 1).
_D1, _D2, _D3, _D4 = (np.float32(x) for x in (4 / 5, -1 / 5, 4 / 105, -1 / 280))
REACH = 4
"""Pixels on either side that the difference takes."""


@compiled()
def product(out, to, a, at, b, from_, count):
    """out = a b."""
    to, at, from_ = np.uintp(to), np.uintp(at), np.uintp(from_)
    for n in range(count):
        k = np.uintp(n)
        out[to + k] = a[at + k] * b[from_ + k]


@compiled()
def add_share(out, to, a, at, share, count):
    """out += share a."""
    to, at = np.uintp(to), np.uintp(at)
    for n in range(count):
        k = np.uintp(n)
        out[to + k] += share * a[at + k]


@compiled()
def add_product(out, to, a, at, b, from_, share, count):
    """out += share a b."""
    to, at, from_ = np.uintp(to), np.uintp(at), np.uintp(from_)
    for n in range(count):
        k = np.uintp(n)
        out[to + k] += share * a[at + k] * b[from_ + k]


@compiled()
def difference_along(out, to, image, at, step, count):
    """out = what a step of an image by +1 along pixels `step` apart adds to it, per pixel."""
    to, at, step = np.uintp(to), np.uintp(at), np.uintp(step)
    two, three, four = step + step, step + step + step, step + step + step + step
    for n in range(count):
        k = np.uintp(n)
        out[to + k] = _D1 * (image[at + k - step] - image[at + k + step])
    for n in range(count):
        k = np.uintp(n)
        out[to + k] += _D2 * (image[at + k - two] - image[at + k + two])
    for n in range(count):
        k = np.uintp(n)
        out[to + k] += _D3 * (image[at + k - three] - image[at + k + three])
    for n in range(count):
        k = np.uintp(n)
        out[to + k] += _D4 * (image[at + k - four] - image[at + k + four])


@compiled()
def looked_up(out, to, table, row, place, count):
    """out = row `row` of a flat table of rows, between its samples at `place`."""
    to, row = np.uintp(to), np.uintp(row)
    for n in range(count):
        k = np.uintp(n)
        i = np.uintp(np.int32(place[k]))
        low, high = table[row + i], table[row + i + np.uintp(1)]
        out[to + k] = low + (place[k] - np.float32(np.int32(place[k]))) * (high - low)
