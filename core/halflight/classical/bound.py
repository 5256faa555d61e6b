"""The Cramer-Rao bound: the smallest error of ln R_e that any unbiased estimate can have."""

import math

import numpy as np
from numpy.typing import NDArray

from halflight.classical.sersic_model import StampModel, shape_vector
from halflight.classical.sersic_problem import marginal_error, semi_major_direction


def radius_bound(
    *,
    flux: float,
    half_light_radius: float,
    axis_ratio: float,
    sersic_n: float,
    position_angle: float,
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
    """Cramer-Rao standard deviation of ln(semi-major half-light radius) of one Sersic galaxy.

    Centre, size, shape, Sersic index, flux and a constant sky are all free; the PSF is known.
    flux: nmgy. half_light_radius: arcsec, semi-major. position_angle: radians. psf: (P, P), P odd,
    sum 1. nmgy_per_count, sky (counts a pixel), gain (electrons a count), dark_variance
    (counts^2): the exposure, whose noise is
        sigma^2 = nmgy_per_count^2 ((model / nmgy_per_count + sky) / gain + dark_variance)
    (SDSS DR17, data model of the frame files). x, y: centre, arcsec from the stamp centre.

    The Fisher matrix is F_ij = sum_pixels (d model / d i)(d model / d j) / sigma^2, the noise
    taken as known (Kay 1993, eq. 3.31 without its term in d sigma). Raises ValueError for
    parameters outside their range.
    """
    for name, value in (
        ("flux", flux),
        ("half_light_radius", half_light_radius),
        ("nmgy_per_count", nmgy_per_count),
        ("gain", gain),
    ):
        if not (math.isfinite(value) and value > 0.0):
            raise ValueError(f"{name} must be positive and finite, got {value}")
    if not 0.0 < axis_ratio <= 1.0:
        raise ValueError(f"axis_ratio must lie in (0, 1], got {axis_ratio}")
    model = StampModel(psf, stamp_size=stamp_size, pixel_scale=pixel_scale)
    shape = shape_vector(
        half_light_radius=half_light_radius,
        axis_ratio=axis_ratio,
        position_angle=position_angle,
        sersic_n=sersic_n,
        x=x,
        y=y,
    )
    unit, gradient = model.image_and_gradient(shape)
    counts = np.maximum(flux * unit.astype(np.float64) / nmgy_per_count + sky, 0.0)
    sigma = nmgy_per_count * np.sqrt(counts / gain + dark_variance)
    columns = np.concatenate([flux * gradient, [flux * unit, np.ones_like(unit)]]).astype(
        np.float64
    )
    weighted = (columns / sigma).reshape(8, -1).T
    direction = np.concatenate([semi_major_direction(shape), [0.0, 0.0]])
    return marginal_error(weighted, direction)
