"""What a Sersic profile is made of: rows of its tabulated transform, and its periodic wings."""

import numpy as np

from ..cpu.machine.compiler import compiled
from ..elementary import exp, log_of_normal

_exp, _log = compiled()(exp), compiled()(log_of_normal)
_ZERO = np.float32(0)


@compiled(entry=True)
def interpolated_rows(columns, value, slope, first, weights, slopes):
    """columns[0] = weights . value, [1] = weights . slope, [2] = slopes . value, of four rows.

    columns: (3, samples) float32; value, slope: (rows, samples) float64, of which the four from
    `first` count; weights, slopes: (4,) float64.
    """
    for k in range(columns.shape[1]):
        at, by_k, by_n = 0.0, 0.0, 0.0
        for row in range(4):
            v = value[first + row, k]
            at += weights[row] * v
            by_k += weights[row] * slope[first + row, k]
            by_n += slopes[row] * v
        columns[0, k], columns[1, k], columns[2, k] = at, by_k, by_n


@compiled(entry=True)
def subtract_wings(image, nodes, from_nodes, place, period, form, centre, b, power, beyond):
    """Take from `image`, (S, S) float32, what the periodic images of a profile add to it.

    nodes: (m,) float32, pixels from the image's middle; from_nodes: (S, m) float32, which carries
    values there to all pixels. place: (x, y) of the profile, from the middle; images stand at
    multiples of `period`, and the two nearest rings of them are drawn at the nodes. The profile is
    centre exp(-b (xx dx^2 + yy dy^2 + xy dx dy)^power), form = (xx, yy, xy). beyond: the light of
    all farther images, even. Numbers are float32.
    """
    count, size = len(nodes), len(image)
    xx, yy, xy = form
    light = np.empty((count, count), np.float32)
    light[:] = beyond
    dx, dy = np.empty(count * count, np.float32), np.empty(count * count, np.float32)
    for k in range(count * count):
        dy[k], dx[k] = nodes[k // count] - place[1], nodes[k % count] - place[0]
    total = light.reshape(-1)
    for up in range(-2, 3):
        for right in range(-2, 3):
            if up == 0 and right == 0:
                continue
            below, left = np.float32(period * up), np.float32(period * right)
            for k in range(count * count):
                x, y = dx[k] - left, dy[k] - below
                squared = xx * x * x + yy * y * y + xy * x * y
                total[k] += centre * _exp(-b * _exp(power * _log(squared)))
    across = np.empty((count, size), np.float32)
    for k in range(count):
        for column in range(size):
            across[k, column] = _ZERO
            for m in range(count):
                across[k, column] += light[k, m] * from_nodes[column, m]
    for row in range(size):
        for k in range(count):
            share = from_nodes[row, k]
            for column in range(size):
                image[row, column] -= share * across[k, column]
