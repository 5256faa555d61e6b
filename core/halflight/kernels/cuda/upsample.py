"""Enlarging images: by repeating pixels, and by interpolating between them.

Gradients are gathered: each pixel sums the part that it has in those of the large image.
"""

import numpy as np

from ..contract import twin
from ..formulas import between
from ..reference import upsample as reference
from .loops.pixels import each_pixel


def _nearest(n, p, q, c, arrays, size):
    return arrays[0][n, p // size[0], q // size[1], c]


_repeat = each_pixel(_nearest)


@twin(reference.upsample2d_nearest_forward)
def upsample2d_nearest_forward(y, x, size):
    _repeat(y, (x,), tuple(size))


def _repetitions(n, h, w, c, arrays, size):
    dy = arrays[0]
    total = np.float32(0)
    for p in range(h * size[0], (h + 1) * size[0]):
        for q in range(w * size[1], (w + 1) * size[1]):
            total += dy[n, p, q, c]
    return total


_sum_repetitions = each_pixel(_repetitions)


@twin(reference.upsample2d_nearest_backward)
def upsample2d_nearest_backward(dx, dy, size):
    _sum_repetitions(dx, (dy,), tuple(size))


def _blend(n, p, q, c, arrays, size):
    """The four neighbours, weighted by how far down and right of the first it lies."""
    x = arrays[0]
    top, bottom, down = between(p, size[0], x.shape[1])
    first, second, right = between(q, size[1], x.shape[2])
    up, left = np.float32(1) - down, np.float32(1) - right
    above = left * x[n, top, first, c] + right * x[n, top, second, c]
    below = left * x[n, bottom, first, c] + right * x[n, bottom, second, c]
    return up * above + down * below


_interpolate = each_pixel(_blend)


@twin(reference.upsample2d_bilinear_forward)
def upsample2d_bilinear_forward(y, x, size):
    _interpolate(y, (x,), tuple(size))


def _touched(source, size, length):
    """First and last + 1 pixel that pixel `source` has a part in, of the `size` times longer axis.

    They are those whose centres lie less than a pixel of the short axis away.
    """
    first, stop = size * (source - 1) + (size + 1) // 2, size * (source + 1) + size // 2
    return max(first, 0), min(stop, size * length)


def _part(pixel, source, size, length):
    """The weight of pixel `source` of `length` in a pixel that it touches.

    It is 1 less the distance of their centres, here in units of 1 / (2 size) to be exact; beyond
    the ends there is no other pixel.
    """
    unit = 2 * size
    distance = 2 * pixel + 1 - size - unit * source
    alone = (distance < 0 and source == 0) or (distance > 0 and source == length - 1)
    return np.float32(1) if alone else np.float32(unit - abs(distance)) / np.float32(unit)


def _parts(n, h, w, c, arrays, numbers):
    """The sum of dy over the pixels that a pixel has a part in, weighted by it."""
    dy = arrays[0]
    size, image = numbers
    p0, p1 = _touched(h, size[0], image[0])
    q0, q1 = _touched(w, size[1], image[1])
    total = np.float32(0)
    for p in range(p0, p1):
        in_row = np.float32(0)
        for q in range(q0, q1):
            in_row += _part(q, w, size[1], image[1]) * dy[n, p, q, c]
        total += _part(p, h, size[0], image[0]) * in_row
    return total


_sum_parts = each_pixel(_parts)


@twin(reference.upsample2d_bilinear_backward)
def upsample2d_bilinear_backward(dx, dy, size):
    _sum_parts(dx, (dy,), (tuple(size), dx.shape[1:3]))
