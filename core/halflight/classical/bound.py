"""The Cramer-Rao bound: the smallest error of ln R_e that any unbiased estimate can have."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from halflight.classical.sersic_model import StampModel, shape_vector
from halflight.classical.sersic_problem import marginal_error
from halflight.half_light import Component, half_light_shape

# Parameters of all components together, and of each: ln size, two shears, ln n, ln flux.
_CENTRE, _OWN, _INDEX = 2, 5, 3


def radius_bound(
    components: Sequence[Component],
    *,
    known_n: Sequence[bool] = (),
    psf: NDArray[np.floating],
    nmgy_per_count: float,
    sky: float,
    gain: float,
    dark_variance: float,
    pixel_scale: float,
    stamp_size: int = 96,
    x: float = 0.0,
    y: float = 0.0,
) -> float:
    """Cramer-Rao standard deviation of ln R_e of a galaxy of concentric Sersic profiles.

    R_e is the semi-major axis of the half-light ellipse of their sum. Centre, a constant sky, and
    size, shape, Sersic index and flux of every component are all free; the PSF is known.
    components: lengths in arcsec, angles in radians, fluxes in nmgy. known_n: whether the Sersic
    index of each is known, as that of an exponential disc is; empty: none is. psf: (P, P), P odd,
    sum 1. nmgy_per_count, sky (counts a pixel), gain (electrons a count), dark_variance
    (counts^2): the exposure, whose noise is
        sigma^2 = nmgy_per_count^2 ((model / nmgy_per_count + sky) / gain + dark_variance)
    (SDSS DR17, data model of the frame files). x, y: centre, arcsec from the stamp centre.

    The Fisher matrix is F_ij = sum_pixels (d model / d i)(d model / d j) / sigma^2, the noise
    taken as known (Kay 1993, eq. 3.31 without its term in d sigma), and the bound of a function g
    of the parameters is sqrt(g' F^-1 g') (eq. 3.30). NaN where the matrix is singular: the stamp
    does not tell the parameters apart. Raises ValueError for values outside their range.
    """
    for name, value in (("nmgy_per_count", nmgy_per_count), ("gain", gain)):
        if not (math.isfinite(value) and value > 0.0):
            raise ValueError(f"{name} must be positive and finite, got {value}")
    known = list(known_n) or [False] * len(components)
    if not components or len(known) != len(components):
        raise ValueError(
            f"known_n must say one thing of each of one or more components, got {len(known)} for "
            f"{len(components)}"
        )
    shapes = np.array(
        [
            shape_vector(
                half_light_radius=component.half_light_radius,
                axis_ratio=component.axis_ratio,
                position_angle=component.position_angle,
                sersic_n=component.sersic_n,
                x=x,
                y=y,
            )
            for component in components
        ]
    )
    fluxes = np.array([component.flux for component in components])
    slope = _semi_major_slope(shapes, fluxes)
    if slope is None:
        return math.nan
    model = StampModel(psf, stamp_size=stamp_size, pixel_scale=pixel_scale)
    light = np.zeros((stamp_size, stamp_size))
    columns = np.zeros((_CENTRE + _OWN * len(fluxes) + 1, stamp_size, stamp_size))
    for number, (shape, flux) in enumerate(zip(shapes, fluxes, strict=True)):
        unit, gradient = model.image_and_gradient(shape)
        first = _CENTRE + _OWN * number
        columns[:_CENTRE] += flux * gradient[:_CENTRE]
        columns[first : first + _OWN - 1] = flux * gradient[_CENTRE:]
        columns[first + _OWN - 1] = flux * unit
        light += columns[first + _OWN - 1]
    columns[-1] = 1.0
    counts = np.maximum(light / nmgy_per_count + sky, 0.0)
    sigma = nmgy_per_count * np.sqrt(counts / gain + dark_variance)
    weighted = (columns / sigma).reshape(len(columns), -1).T
    direction = np.concatenate([np.zeros(_CENTRE), slope, [0.0]])
    free = np.ones(len(columns), bool)
    free[_CENTRE + _INDEX : -1 : _OWN] = ~np.array(known)
    return marginal_error(weighted[:, free], direction[free])


def _semi_major_slope(
    shapes: NDArray[np.float64], fluxes: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Gradient of ln R_e by each component's ln size, shears, ln n and ln flux, (5 c,).

    A round ellipse has no major axis: there the first shear stands for it. None without an ellipse.
    """
    ellipse = half_light_shape(np.exp(shapes[:, 5]), shapes[:, 2:5], fluxes)
    if ellipse is None:
        return None
    (_, shear_1, shear_2), slopes = ellipse
    shear = math.hypot(shear_1, shear_2)
    along = (shear_1 / shear, shear_2 / shear) if shear > 0.0 else (1.0, 0.0)
    slope = slopes[0] + 0.5 * (along[0] * slopes[1] + along[1] * slopes[2])
    return np.asarray(slope.ravel())
