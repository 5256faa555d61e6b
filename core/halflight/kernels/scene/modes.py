"""The Fourier modes of an elliptical Sersic profile behind a PSF, and of its derivatives."""

import math

import numpy as np

from ..cpu.machine.compiler import compiled
from ..elementary import log_of_normal
from .rows import add_product, looked_up, product

_log = compiled()(log_of_normal)
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
PLANES = 5
"""Of the image and its derivatives by ln size, the two shears and ln n."""


_PLANE_OF = (0, 1, 4)  # of the table's three rows


@compiled(entry=True)
def sersic_modes(modes, psf, reach, table, start, step, wave, x, y, ln_size, shear_1, shear_2):
    """Fill `modes`, (4 or 5, 2, rows, columns) float32, of a profile of unit flux; 4 lack ln n.

    Real and imaginary parts, by kx and by ky >= 0 as `to_pixels` takes them. psf: (2, rows,
    columns) float32, the PSF's own modes, its middle at the origin. reach: (rows,) int32, how many
    columns of a row the PSF lets pass; beyond them the modes are 0. table: (3, samples) float32,
    the radial transform F(ln k) and its derivatives by ln k and ln n on ln k = start + step * i.
    wave: the step in angular frequency of both axes; lengths have the inverse of its unit. x, y:
    the centre from pixel (0, 0).
    """
    _, rows, columns = psf.shape
    g = math.hypot(shear_1, shear_2)
    if g < 1e-2:
        cosh, sinhc, bend = 1.0 + g * g / 2.0, 1.0 + g * g / 6.0, 1.0 / 3.0 + g * g / 30.0
    else:
        cosh, sinhc = math.cosh(g), math.sinh(g) / g
        bend = (cosh - sinhc) / (g * g)
    a, b, c = np.float32(cosh), np.float32(sinhc * shear_1), np.float32(sinhc * shear_2)
    turn, bend_1, bend_2 = np.float32(sinhc), np.float32(bend * shear_1), np.float32(bend * shear_2)
    shear_1, shear_2 = np.float32(shear_1), np.float32(shear_2)
    per_step = np.float32(0.5 / step)
    origin = np.float32((ln_size - start) / step)
    last = np.float32(table.shape[1] - 1.01)
    along_c, along_s = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for k in range(columns):
        along_c[k], along_s[k] = math.cos(y * wave * k), -math.sin(y * wave * k)
    place, values = np.empty(columns, np.float32), np.empty(columns, np.float32)
    stretch_1, stretch_2 = np.empty(columns, np.float32), np.empty(columns, np.float32)
    phase_r, phase_m = np.empty(columns, np.float32), np.empty(columns, np.float32)
    out, optics, samples, area = (
        modes.reshape(-1),
        psf.reshape(-1),
        table.reshape(-1),
        rows * columns,
    )
    real, imaginary = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(rows):
        passing = reach[row]
        modes[:, :, row, passing:] = _ZERO
        number = row if row <= rows // 2 else row - rows
        kx = np.float32(wave * number)
        cosine = np.float32(math.cos(x * wave * number))
        sine = np.float32(-math.sin(x * wave * number))
        # Loops of few arrays each: these the compiler turns into SIMD.
        for k in range(passing):
            ky = np.float32(wave) * np.float32(k)
            squared, plus, cross = kx * kx + ky * ky, kx * kx - ky * ky, np.float32(2) * kx * ky
            quadratic = a * squared + b * plus + c * cross
            quadratic = quadratic if quadratic > _ZERO else _ONE
            half = _HALF / quadratic
            circle = (turn * squared + bend_1 * plus + bend_2 * cross) * half
            stretch_1[k] = shear_1 * circle + half * turn * plus
            stretch_2[k] = shear_2 * circle + half * turn * cross
            at = _log(quadratic) * per_step + origin
            at = at if at > _ZERO else _ZERO
            place[k] = at if at < last else last
        at = row * columns
        for k in range(passing):
            phase_r[k] = along_c[k] * cosine - along_s[k] * sine
            phase_m[k] = along_c[k] * sine + along_s[k] * cosine
        product(real, 0, optics, at, phase_r, 0, passing)
        product(imaginary, 0, optics, at, phase_m, 0, passing)
        add_product(real, 0, optics, area + at, phase_m, 0, -_ONE, passing)
        add_product(imaginary, 0, optics, area + at, phase_r, 0, _ONE, passing)
        for kind in range(3):
            plane = _PLANE_OF[kind]
            if plane >= len(modes):
                continue
            looked_up(values, 0, samples, kind * table.shape[1], place, passing)
            if row == 0:
                values[0] = _ONE if kind == 0 else _ZERO
            to = 2 * plane * area + at
            product(out, to, real, 0, values, 0, passing)
            product(out, to + area, imaginary, 0, values, 0, passing)
        for part in range(2):
            slope = (2 + part) * area + at
            product(out, slope + 2 * area, out, slope, stretch_1, 0, passing)
            product(out, slope + 4 * area, out, slope, stretch_2, 0, passing)
