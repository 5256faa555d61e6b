"""The Fourier modes of an elliptical Sersic profile behind a PSF, and of its derivatives."""

import math

import numpy as np

from ..cpu.machine.compiler import compiled
from ..elementary import log_of_normal

_log = compiled()(log_of_normal)
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
MODES = 7
"""Of the derivatives by x, y, ln size, the two shears and ln n, and of the image itself."""


@compiled(entry=True)
def sersic_modes(modes, psf, table, start, step, wave, x, y, ln_size, shear_1, shear_2):
    """Fill `modes`, (7, rows, columns) complex64, of a profile of unit flux.

    psf: (rows, columns) complex64, the half-plane transform of the PSF, its middle at the origin.
    table: (3, samples) float32, the radial transform F(ln k) and its derivatives by ln k and ln n
    on ln k = start + step * i. wave: the step in angular frequency of both axes; lengths have the
    inverse of its unit. x, y: the centre from pixel (0, 0).
    """
    rows, columns = psf.shape
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
    along = np.empty((2, columns), np.float32)
    for k in range(columns):
        along[0, k], along[1, k] = math.cos(x * wave * k), -math.sin(x * wave * k)
    place = np.empty(columns, np.float32)
    values = np.empty((3, columns), np.float32)
    stretch = np.empty((2, columns), np.float32)
    for row in range(rows):
        number = row if row <= rows // 2 else row - rows
        ky = np.float32(wave * number)
        cosine, sine = (
            np.float32(math.cos(y * wave * number)),
            np.float32(-math.sin(y * wave * number)),
        )
        for k in range(columns):
            kx = np.float32(wave) * np.float32(k)
            squared, plus, cross = kx * kx + ky * ky, kx * kx - ky * ky, np.float32(2) * kx * ky
            quadratic = a * squared + b * plus + c * cross
            quadratic = quadratic if quadratic > _ZERO else _ONE
            half = _HALF / quadratic
            circle = (turn * squared + bend_1 * plus + bend_2 * cross) * half
            stretch[0, k] = shear_1 * circle + half * turn * plus
            stretch[1, k] = shear_2 * circle + half * turn * cross
            at = _log(quadratic) * per_step + origin
            at = at if at > _ZERO else _ZERO
            place[k] = at if at < last else last
        for k in range(columns):
            i = np.int32(place[k])
            rest = place[k] - np.float32(i)
            for kind in range(3):
                low = table[kind, i]
                values[kind, k] = low + rest * (table[kind, i + 1] - low)
        if row == 0:
            values[0, 0], values[1, 0], values[2, 0] = _ONE, _ZERO, _ZERO
        for k in range(columns):
            real = along[0, k] * cosine - along[1, k] * sine
            imaginary = along[0, k] * sine + along[1, k] * cosine
            p = psf[row, k]
            r = p.real * real - p.imag * imaginary
            m = p.real * imaginary + p.imag * real
            light, dark = r * values[0, k], m * values[0, k]
            kx = np.float32(wave) * np.float32(k)
            slope = values[1, k]
            modes[0, row, k] = complex(dark * kx, -light * kx)
            modes[1, row, k] = complex(dark * ky, -light * ky)
            modes[2, row, k] = complex(r * slope, m * slope)
            modes[3, row, k] = complex(r * slope * stretch[0, k], m * slope * stretch[0, k])
            modes[4, row, k] = complex(r * slope * stretch[1, k], m * slope * stretch[1, k])
            modes[5, row, k] = complex(r * values[2, k], m * values[2, k])
            modes[6, row, k] = complex(light, dark)
