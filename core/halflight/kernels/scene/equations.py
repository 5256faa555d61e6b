"""Least squares on a stamp: weighted columns of a model, their normal equations, Cholesky."""

import math

import numpy as np

from ..cpu.loops.sums import sum_of_products
from ..cpu.machine.compiler import compiled
from ..cpu.machine.vector import copy_floats
from .rows import REACH, add_product, add_share, difference_along, product

MARGIN = REACH
"""Pixels round a box that are drawn with it: as far as differences of pixels reach."""
_ZERO = np.float32(0)
_STRIP = 1024
"""Pixels whose products are summed in turn, so that the columns of all parameters stay at hand."""


@compiled(entry=True)
def weighted_columns(columns, planes, mixing, shown, weight, top, left):
    """Columns of the least-squares matrix, (2 + m, B, B) float32, of profiles about one centre.

    planes: (k, >= B + 2 MARGIN, >= B + 2 MARGIN) float32, whose pixel (MARGIN, MARGIN) is the
    box's first. mixing: (m, k) float32; columns[2 + i] = weight * sum of mixing[i, j] planes[j].
    The first two are the derivatives by the centre's x and y of the image, row `shown` of mixing:
    differences of its pixels. weight: (S, S); top, left: the box's place in it.
    """
    size, stamp = columns.shape[1], weight.shape[1]
    wide, area = size + 2 * MARGIN, size * size
    out, flat, weights = columns.reshape(-1), planes.reshape(-1), weight.reshape(-1)
    image, slope = np.zeros(wide * wide, np.float32), np.empty(size, np.float32)
    for plane in range(len(planes)):
        share = mixing[shown, plane]
        if share != _ZERO:
            add_share(image, 0, flat, plane * wide * wide, share, wide * wide)
    out[2 * area :] = _ZERO
    for row in range(size):
        here, inside = row * size, (row + MARGIN) * wide + MARGIN
        w = (top + row) * stamp + left
        for axis in range(2):
            difference_along(slope, 0, image, inside, wide if axis else 1, size)
            product(out, axis * area + here, weights, w, slope, 0, size)
        for i in range(len(mixing)):
            to = (2 + i) * area + here
            if i == shown:
                product(out, to, weights, w, image, inside, size)
                continue
            for plane in range(len(planes)):
                share = mixing[i, plane]
                if share != _ZERO:
                    at = plane * wide * wide + inside
                    add_product(out, to, weights, w, flat, at, share, size)


# Of a source in `layout`: its first parameter, their number, the place and size of its box, where
# its columns begin, and which of them is its image (-1: none).
FIRST, COUNT, TOP, LEFT, SIZE, OFFSET, IMAGE = range(7)


@compiled()
def _columns_of(flat, source):
    """The columns of a source, (count, size * size)."""
    area = source[SIZE] * source[SIZE]
    start = source[OFFSET]
    return flat[start : start + source[COUNT] * area].reshape((source[COUNT], area))


@compiled(entry=True)
def residual_of(residual, data, flat, layout, change):
    """residual = data - all images - change times their columns; returns its sum of squares.

    residual, data: (S, S) float32. change: (n,) float32, of each parameter since its source's
    columns were drawn; what is 0 costs nothing. The sum is in float64, of rows in float32.
    """
    size = residual.shape[1]
    residual[:] = data
    left_over = residual.reshape(-1)
    for source in layout:
        box = source[SIZE]
        for k in range(source[COUNT]):
            share = change[source[FIRST] + k]
            if k == source[IMAGE]:
                share += np.float32(1)
            if share == _ZERO:
                continue
            for row in range(box):
                to = (source[TOP] + row) * size + source[LEFT]
                add_share(left_over, to, flat, source[OFFSET] + (k * box + row) * box, -share, box)
    total = 0.0
    for row in range(size):
        total += sum_of_products(left_over, left_over, row * size, size)
    return total


@compiled()
def _gather(out, columns, box, top, left, rows, width):
    """A part of columns of boxes, each as one row of `out`."""
    for k in range(len(columns)):
        for row in range(rows):
            start = (top + row) * box + left
            copy_floats(out[k], row * width, columns[k], start, width)


@compiled(entry=True)
def normal_equations(matrix, vector, flat, layout, redrawn, residual):
    """matrix[i, j] = sum of columns i and j, vector[i] = sum of column i times the residual.

    flat: (N,) float32, the columns of all sources, each in its box, (count, size, size).
    layout: (sources, 7) int64 by FIRST ... IMAGE. redrawn: (sources,) bool; what two sources that
    are not have in common stays as it is in `matrix`. matrix: (n, n), vector: (n,), float64.
    """
    size = residual.shape[1]
    most = layout[:, COUNT].max()
    left_part = np.empty((most, size * size), np.float32)
    right_part = np.empty((most, size * size), np.float32)
    seen = np.empty((1, size * size), np.float32)
    for i in range(len(layout)):
        a = layout[i]
        columns = _columns_of(flat, a)
        area = a[SIZE] * a[SIZE]
        _gather(seen, residual.reshape((1, -1)), size, a[TOP], a[LEFT], a[SIZE], a[SIZE])
        for k in range(a[COUNT]):
            vector[a[FIRST] + k] = sum_of_products(columns[k], seen[0], 0, area)
        for j in range(i + 1):
            b = layout[j]
            if not (redrawn[i] or redrawn[j]):
                continue
            top, left = max(a[TOP], b[TOP]), max(a[LEFT], b[LEFT])
            rows = min(a[TOP] + a[SIZE], b[TOP] + b[SIZE]) - top
            width = min(a[LEFT] + a[SIZE], b[LEFT] + b[SIZE]) - left
            others = _columns_of(flat, b)
            here, there, common = columns, others, max(rows, 0) * max(width, 0)
            if common > 0 and common != area:
                _gather(left_part, columns, a[SIZE], top - a[TOP], left - a[LEFT], rows, width)
                here = left_part
            if common > 0 and common != b[SIZE] * b[SIZE]:
                _gather(right_part, others, b[SIZE], top - b[TOP], left - b[LEFT], rows, width)
                there = right_part
            block = matrix[a[FIRST] : a[FIRST] + a[COUNT], b[FIRST] : b[FIRST] + b[COUNT]]
            block[:] = 0.0
            for start in range(0, common, _STRIP):
                length = min(_STRIP, common - start)
                for k in range(a[COUNT]):
                    for m in range(k + 1 if i == j else b[COUNT]):
                        block[k, m] += sum_of_products(here[k], there[m], start, length)
            for k in range(a[COUNT]):
                for m in range(k + 1 if i == j else b[COUNT]):
                    matrix[b[FIRST] + m, a[FIRST] + k] = block[k, m]


@compiled(entry=True)
def cholesky(lower, matrix, damping):
    """lower lower^T = matrix with `damping` of its diagonal added; False where it has no root."""
    count = len(matrix)
    for j in range(count):
        total = matrix[j, j] * (1.0 + damping)
        for k in range(j):
            total -= lower[j, k] * lower[j, k]
        if not total > 0.0:
            return False
        root = math.sqrt(total)
        lower[j, j] = root
        for i in range(j + 1, count):
            total = matrix[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = total / root
    return True


@compiled(entry=True)
def solve(solution, lower, vector):
    """solution: of (lower lower^T) solution = vector."""
    count = len(vector)
    for i in range(count):
        total = vector[i]
        for k in range(i):
            total -= lower[i, k] * solution[k]
        solution[i] = total / lower[i, i]
    for i in range(count - 1, -1, -1):
        total = solution[i]
        for k in range(i + 1, count):
            total -= lower[k, i] * solution[k]
        solution[i] = total / lower[i, i]
