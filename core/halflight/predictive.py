"""Predictive distributions: a Student's t by its middle, its central 68.27 % and its tails.

An error bar sigma is half of the width of the interval that holds 68.27 % of the probability, as
one standard deviation does for a Gaussian, whatever the tails: `dof` degrees of freedom, infinite
for a Gaussian's.
"""

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, ndtr, ndtri, stdtr, stdtrit

ONE_SIGMA = math.erf(math.sqrt(0.5))
"""The probability within one sigma, 0.6827."""
WIDE = 0.95
"""The probability by which tails are told."""
LEAST_DOF, MOST_DOF = 1.0, 1e3  # Cauchy's distribution, and one that is a Gaussian to 0.1 %

Numbers = NDArray[np.float64]


def quantile(probability: ArrayLike, dof: ArrayLike = math.inf) -> Numbers:
    """The quantile of a distribution of middle 0 and sigma 1."""
    p, v = np.broadcast_arrays(np.asarray(probability, float), np.asarray(dof, float))
    gaussian = ~np.isfinite(v)
    finite = np.where(gaussian, 1.0, v)
    return np.where(gaussian, ndtri(p), stdtrit(finite, p) / _scale(finite))


def cumulative(z: ArrayLike, dof: ArrayLike = math.inf) -> Numbers:
    """The probability below z, of a distribution of middle 0 and sigma 1."""
    x, v = np.broadcast_arrays(np.asarray(z, float), np.asarray(dof, float))
    gaussian = ~np.isfinite(v)
    finite = np.where(gaussian, 1.0, v)
    return np.where(gaussian, ndtr(x), stdtr(finite, x * _scale(finite)))


def log_density(z: ArrayLike, dof: ArrayLike = math.inf) -> Numbers:
    """The logarithm of the density at z, of a distribution of middle 0 and sigma 1.

    Of Student's t, -(nu + 1) / 2 ln(1 + t^2 / nu) - ln(sqrt(nu) B(nu / 2, 1 / 2)) (Johnson, Kotz &
    Balakrishnan 1995, eq. 28.2): the beta function keeps its digits at a million degrees, too.
    """
    x, v = np.broadcast_arrays(np.asarray(z, float), np.asarray(dof, float))
    gaussian = ~np.isfinite(v)
    nu = np.where(gaussian, 1.0, v)
    scale = _scale(nu)
    student = -0.5 * (nu + 1.0) * np.log1p((x * scale) ** 2 / nu) + np.log(scale)
    student -= 0.5 * np.log(nu) + betaln(0.5 * nu, 0.5)
    return np.where(gaussian, -0.5 * x**2 - 0.5 * math.log(2.0 * math.pi), student)


def fitted_dof(z: ArrayLike) -> float:
    """The degrees of freedom whose 68.27 and 95 % intervals are as far apart as those of |z|.

    Only the ratio of the two counts, not the scale of z. Infinite where the tails are a Gaussian's
    or lighter; at least 1.

    Raises:
        ValueError: no finite z but 0.
    """
    sizes = np.abs(np.asarray(z, float))
    sizes = sizes[np.isfinite(sizes)]
    near, far = np.quantile(sizes, (ONE_SIGMA, WIDE)) if sizes.size else (0.0, 0.0)
    if not near > 0:
        raise ValueError(
            f"tails are told by residuals other than 0, received {np.count_nonzero(sizes)} such"
        )
    return float(dof_of_ratio(far / near))


def dof_of_ratio(ratio: ArrayLike) -> Numbers:
    """The degrees of freedom whose 95 % interval is so many times as wide as the 68.27 % one.

    Infinite from that of a Gaussian down, and at least 1; good to a thousandth.
    """
    dof, ratios = _tails()
    found = np.exp(np.interp(np.asarray(ratio, float), ratios[::-1], np.log(dof)[::-1]))
    return np.where(np.asarray(ratio) <= ratios[-1], math.inf, found)


@functools.cache
def _tails() -> tuple[Numbers, Numbers]:
    """Degrees of freedom, rising, and how wide their 95 % intervals are, in sigmas."""
    dof = np.geomspace(LEAST_DOF, MOST_DOF, 1000)
    return dof, quantile(0.5 + 0.5 * WIDE, dof)


def _scale(dof: Numbers) -> Numbers:
    """Sigma of Student's t in its standard form."""
    return np.asarray(stdtrit(dof, 0.5 + 0.5 * ONE_SIGMA), float)
