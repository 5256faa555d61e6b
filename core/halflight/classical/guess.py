"""The first guess of a target's size and shape, from what a segment of a stamp shows."""

import math

import numpy as np
from numpy.typing import NDArray

from halflight.classical.moments import Moments, half_light_aperture, light_moments
from halflight.classical.sersic_model import shape_vector


def guess_shape(
    light: NDArray[np.float64],
    pixels: NDArray[np.bool_],
    psf_radius: float,
    psf: Moments,
    *,
    pixel_scale: float,
    sersic_n: float,
) -> NDArray[np.float64] | None:
    """Centre, size and shape by SHAPE_PARAMETERS; None without positive light.

    light: (S, S), free of background; pixels: (S, S), the target's. psf_radius, psf: of `psf_size`;
    what the PSF adds is taken off in squares. Lengths are in units of pixel_scale, from the stamp's
    centre.
    """
    own = np.where(pixels, light, 0.0)
    moments = light_moments(own, pixels, pixel_scale)
    if moments is None:
        return None
    observed = half_light_aperture(
        own, x=moments.x, y=moments.y, total=float(own.sum()), pixel_scale=pixel_scale
    )
    radius = math.sqrt(max(observed**2 - psf_radius**2, (0.3 * psf_radius) ** 2))
    minor = math.sqrt(max(moments.minor**2 - psf.minor**2, 0.0))
    major = math.sqrt(max(moments.major**2 - psf.minor**2, pixel_scale**2 / 12.0))
    axis_ratio = min(max(minor / major, 0.3), 0.95)
    return shape_vector(
        half_light_radius=radius / math.sqrt(axis_ratio),
        axis_ratio=axis_ratio,
        position_angle=moments.position_angle,
        sersic_n=sersic_n,
        x=moments.x,
        y=moments.y,
    )
