"""Least squares on a stamp: weighted columns of a model, their normal equations, Cholesky."""

import math

import numpy as np

from ..cpu.loops.sums import sum_of_products
from ..cpu.machine.compiler import compiled


@compiled(entry=True)
def weighted_columns(columns, planes, wings, weight, top, left, flux):
    """Seven columns of the least-squares matrix, (7, B, B) float32, of a profile in its box.

    planes: (7, G, G) float32, as `sersic_modes` orders them, whose first B rows and columns are the
    box; wings: (B, B), what their period adds to the image. weight: (S, S); top, left: the box's
    place in it.
    """
    size = columns.shape[1]
    for row in range(size):
        for k in range(size):
            w = flux * weight[top + row, left + k]
            for kind in range(6):
                columns[kind, row, k] = w * planes[kind, row, k]
            columns[6, row, k] = w * (planes[6, row, k] - wings[row, k])


@compiled(entry=True)
def normal_equations(matrix, vector, columns, boxes, residual):
    """matrix[i, j] = sum of columns i and j, vector[i] = sum of column i times the residual.

    columns: (n, S, S) float32, each zero outside its box; boxes: (n, 4) int32, first and past the
    last row, first and past the last column. matrix: (n, n), vector: (n,), float64, rows summed in
    float32.
    """
    count = len(columns)
    for i in range(count):
        top, bottom, left, right = boxes[i]
        total = 0.0
        for row in range(top, bottom):
            here = columns[i, row, left:right]
            total += sum_of_products(here, residual[row, left:right], 0, right - left)
        vector[i] = total
        for j in range(i + 1):
            first, last = max(top, boxes[j, 0]), min(bottom, boxes[j, 1])
            start, stop = max(left, boxes[j, 2]), min(right, boxes[j, 3])
            total = 0.0
            if stop - start == columns.shape[2] and last > first:
                size = (last - first) * columns.shape[2]
                a, b = columns[i, first:last].reshape(-1), columns[j, first:last].reshape(-1)
                total = np.float64(sum_of_products(a, b, 0, size))
            elif stop > start:
                for row in range(first, last):
                    a, b = columns[i, row, start:stop], columns[j, row, start:stop]
                    total += sum_of_products(a, b, 0, stop - start)
            matrix[i, j] = matrix[j, i] = total


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
