"""The Fourier transform of the Sersic profile, tabulated once a process on (ln n, ln k)."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fht, fhtoffset
from scipy.special import gammaincinv, gammaln

from halflight.kernels.scene.profiles import interpolated_rows

MINIMUM_SERSIC_N = 0.25
MAXIMUM_SERSIC_N = 9.0

_ROWS = 72  # Sersic indices; a step of 5 % keeps cubic interpolation within 1e-6
_LN_K_MINIMUM = -9.0  # there the transform is 1 within 1e-4 even at n = 9
_LN_K_MAXIMUM = 7.5
# The logarithmic grid of the Hankel transform reaches far beyond the table on both sides, since
# FFTLog treats its input as periodic in ln r.
_SAMPLES = 4096
_LN_R_MINIMUM = -20.0
_LN_R_MAXIMUM = 14.0
# Row i: the coefficients of the cubic that is 1 at node i and 0 at the other three of 0, 1, 2, 3.
_CUBIC = np.linalg.inv(np.vander(np.arange(4.0))).T


class RadialTable(NamedTuple):
    """Transform of one Sersic index on a uniform grid of ln k (k in units of 1 / R_e).

    columns: (3, samples) float32: the transform F, dF / d ln k, dF / d ln n.
    start, step: the grid is ln k = start + step * arange(samples).
    """

    columns: NDArray[np.float32]
    start: float
    step: float


class _Grid(NamedTuple):
    """The table of F and dF / d ln k, (rows, samples) float64, with its two uniform axes."""

    ln_n_start: float
    ln_n_step: float
    ln_k_start: float
    ln_k_step: float
    value: NDArray[np.float64]
    slope: NDArray[np.float64]


def sersic_b(sersic_n: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The b_n that makes R_e hold half the light: P(2n, b) = 1/2 (Graham & Driver 2005, eq. 4)."""
    return np.asarray(gammaincinv(2.0 * np.asarray(sersic_n, dtype=np.float64), 0.5))


def sersic_centre(sersic_n: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Central brightness of the circular Sersic profile of unit flux and unit R_e.

    I(0) = b^(2n) / (2 pi n Gamma(2n)) (Graham & Driver 2005, eq. 2).
    """
    n = np.asarray(sersic_n, dtype=np.float64)
    ln_centre = 2.0 * n * np.log(sersic_b(n)) - np.log(2.0 * np.pi * n) - gammaln(2.0 * n)
    return np.asarray(np.exp(ln_centre))


def sersic_surface_brightness(
    radius: NDArray[np.float64], sersic_n: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Surface brightness of the circular Sersic profile of unit flux and unit R_e.

    I(r) = I(0) exp(-b r^(1/n)) (Graham & Driver 2005, eq. 1).
    """
    n = np.asarray(sersic_n, dtype=np.float64)
    depth = sersic_b(n) * np.asarray(radius, dtype=np.float64) ** (1.0 / n)
    return np.asarray(sersic_centre(n) * np.exp(-depth))


@cache
def _grid() -> _Grid:
    """Hankel-transform every row: F(k) = 2 pi int I(r) J0(k r) r dr, by FFTLog (Hamilton 2000)."""
    ln_n, ln_n_step = np.linspace(
        np.log(MINIMUM_SERSIC_N), np.log(MAXIMUM_SERSIC_N), _ROWS, retstep=True
    )
    step = (_LN_R_MAXIMUM - _LN_R_MINIMUM) / _SAMPLES
    ln_r = _LN_R_MINIMUM + step * np.arange(_SAMPLES)
    radius = np.exp(ln_r)
    bias = -0.5  # tames the periodic images: k F(k) hardly falls at large k when n is large
    offset = fhtoffset(step, mu=0, bias=bias)
    profile = sersic_surface_brightness(radius[None, :], np.exp(ln_n)[:, None])
    # fht integrates a(r) J0(k r) k dr and returns it at k_j r_(-1-j) = exp(offset).
    ln_k = offset - ln_r[::-1]
    transform = 2.0 * np.pi * fht(profile * radius, step, mu=0, offset=offset, bias=bias)
    value = transform / np.exp(ln_k)
    slope = np.gradient(value, step, axis=1, edge_order=2)
    inside = (ln_k >= _LN_K_MINIMUM) & (ln_k <= _LN_K_MAXIMUM)
    return _Grid(
        ln_n_start=float(ln_n[0]),
        ln_n_step=float(ln_n_step),
        ln_k_start=float(ln_k[inside][0]),
        ln_k_step=step,
        value=np.ascontiguousarray(value[:, inside]),
        slope=np.ascontiguousarray(slope[:, inside]),
    )


def radial_table(sersic_n: float) -> RadialTable:
    """The transform of one Sersic index, interpolated by a cubic through four rows of the table.

    Raises ValueError when sersic_n lies outside [MINIMUM_SERSIC_N, MAXIMUM_SERSIC_N].
    """
    if not MINIMUM_SERSIC_N <= sersic_n <= MAXIMUM_SERSIC_N:
        raise ValueError(
            f"sersic_n must lie in [{MINIMUM_SERSIC_N}, {MAXIMUM_SERSIC_N}], got {sersic_n}"
        )
    grid = _grid()
    position = (np.log(sersic_n) - grid.ln_n_start) / grid.ln_n_step
    first = int(np.clip(np.floor(position) - 1, 0, _ROWS - 4))
    weights, slopes = _cubic_weights(position - first)
    columns = np.empty((3, grid.value.shape[1]), np.float32)
    interpolated_rows(columns, grid.value, grid.slope, first, weights, slopes / grid.ln_n_step)
    return RadialTable(columns, grid.ln_k_start, grid.ln_k_step)


def _cubic_weights(t: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lagrange weights of the nodes 0, 1, 2, 3 at t, and their derivatives."""
    weights = _CUBIC @ np.array([t**3, t**2, t, 1.0])
    slopes = _CUBIC @ np.array([3.0 * t**2, 2.0 * t, 1.0, 0.0])
    return weights, slopes
