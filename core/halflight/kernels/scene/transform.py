"""From Fourier modes to pixels: inverse transforms of real images whose high modes are 0."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cpu.machine.compiler import compiled
from ..cpu.machine.vector import copy_floats
from ..cpu.products.transpose import transpose_block
from .butterflies import WIDTH, butterfly_2, butterfly_3, butterfly_4

_TILE = WIDTH * WIDTH


class Plan(NamedTuple):
    """How a length is transformed: radix by radix, with the factors between the steps.

    radices: (steps,) int64; turns: float32, of each step and place the powers of exp(2 pi i p / n).
    """

    radices: NDArray[np.int64]
    turns: NDArray[np.float32]


def fast_length(length: float) -> int:
    """The next even number without a prime factor above 3."""
    sizes = (2 ** (a + 1) * 3**b for a in range(14) for b in range(5))
    return min(size for size in sizes if size >= length)


def plan(length: int) -> Plan:
    """The steps of a length that `fast_length` gives."""
    radices, turns, rest = [], [], length
    while rest > 1:
        radix = next(r for r in (4, 3, 2) if rest % r == 0)
        place = np.arange(rest // radix)[:, None] * np.arange(1, radix) / rest
        turn = np.exp(2j * np.pi * place)
        turns.append(np.stack([turn.real, turn.imag], axis=-1).ravel())
        radices.append(radix)
        rest //= radix
    return Plan(np.array(radices, np.int64), np.concatenate(turns).astype(np.float32))


@compiled()
def _transform(first, second, length, radices, turns):
    """Transform the columns of `first`, (2, length, WIDTH) flat; True if they are in `second`."""
    swapped = False
    rest, stride, turn = length, WIDTH, 0
    far = length * WIDTH
    for radix in radices:
        rest //= radix
        source, out = (second, first) if swapped else (first, second)
        step = stride * rest
        for place in range(rest):
            to, at = stride * radix * place, stride * place
            if radix == 4:
                butterfly_4(out, to, stride, far, source, at, step, far, turns, turn, stride)
            elif radix == 3:
                butterfly_3(out, to, stride, far, source, at, step, far, turns, turn, stride)
            else:
                butterfly_2(out, to, stride, far, source, at, step, far, turns, turn, stride)
            turn += 2 * (radix - 1)
        stride *= radix
        swapped = not swapped
    return swapped


@compiled()
def _sum(out, a, b):
    for k in range(_TILE):
        out[k] = a[k] + b[k]


@compiled()
def _difference(out, a, b):
    for k in range(_TILE):
        out[k] = a[k] - b[k]


@compiled()
def _paired(pairs, columns, first, count, length, side, tile, turned):
    """Modes by ky of pixels in the columns x, two of them side / 2 apart as one complex number.

    columns: (2, length, WIDTH) flat, by x and by ky from `first`, of which `count` exist. pairs:
    (strips, 2, length, WIDTH) flat, by ky and by x. tile, turned: scratch of _TILE numbers. What is
    made of pixels beyond the side / 2 is not used.
    """
    half, far = side // 2, length * WIDTH
    for strip in range((half + WIDTH - 1) // WIDTH):
        low = strip * WIDTH * WIDTH
        high = low + half * WIDTH
        a, b = columns[low : low + _TILE], columns[far + low : far + low + _TILE]
        c, d = columns[high : high + _TILE], columns[far + high : far + high + _TILE]
        for part in range(4):
            if part == 0:
                _difference(tile, a, d)
            elif part == 1:
                _sum(tile, b, c)
            elif part == 2:
                _sum(tile, a, d)
            else:
                _difference(tile, c, b)
            transpose_block(turned, 0, WIDTH, tile, 0, WIDTH)
            to = (2 * strip + part % 2) * far
            for k in range(count):
                ky = first + k
                if part < 2:
                    copy_floats(pairs, to + ky * WIDTH, turned, k * WIDTH, WIDTH)
                elif ky > 0:
                    copy_floats(pairs, to + (length - ky) * WIDTH, turned, k * WIDTH, WIDTH)


@compiled(entry=True)
def to_pixels(planes, modes, radices, turns):
    """planes[:, y, x] = sum over the modes of a real image, times exp(i (kx x + ky y)).

    planes: (m, side, side) float32, the first rows and columns of the images; side even.
    modes: (m, 2, length, width) float32, real and imaginary parts by kx and by ky >= 0, which are
    in units of 2 pi / length; kx as in a discrete transform, ky < width <= length / 2. radices,
    turns: of plan(length). WIDTH columns at a time: they stay in the processor's first cache.
    """
    count, _, length, width = modes.shape
    side = planes.shape[1]
    half, far = side // 2, length * WIDTH
    strips = (half + WIDTH - 1) // WIDTH
    tile, turned = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    # _paired reads as many rows as a whole number of strips has.
    columns, spare = np.zeros(2 * far + _TILE, np.float32), np.zeros(2 * far + _TILE, np.float32)
    pairs = np.zeros(strips * 2 * far, np.float32)
    flat, pixels = modes.reshape(-1), planes.reshape(-1)
    for plane in range(count):
        for block in range(2 * strips):
            pairs[block * far + width * WIDTH : block * far + (length - width + 1) * WIDTH] = 0
        for first in range(0, width, WIDTH):
            number = min(WIDTH, width - first)
            for row in range(2 * length):
                at = (2 * length * plane + row) * width + first
                if number == WIDTH:
                    copy_floats(columns, row * WIDTH, flat, at, WIDTH)
                else:
                    copy_floats(columns, row * WIDTH, flat, at, number)
            swapped = _transform(columns, spare, length, radices, turns)
            result = spare if swapped else columns
            _paired(pairs, result, first, number, length, side, tile, turned)
        for strip in range(strips):
            own = pairs[2 * strip * far : 2 * (strip + 1) * far]
            swapped = _transform(own, spare, length, radices, turns)
            result = spare if swapped else own
            number = min(WIDTH, half - strip * WIDTH)
            for y in range(side):
                to = (plane * side + y) * side + strip * WIDTH
                for part in range(2):
                    at = part * far + y * WIDTH
                    if number == WIDTH:
                        copy_floats(pixels, to + part * half, result, at, WIDTH)
                    else:
                        copy_floats(pixels, to + part * half, result, at, number)
