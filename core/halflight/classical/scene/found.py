"""Found: what a scene fit says of a stamp."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SceneFit:
    """What the fit found. Lengths in arcsec, fluxes in the image's unit.

    Errors are of 68 %, marginal over all else. Those of the half-light ellipse (radius, axis ratio,
    position angle), magnitude and centre, and their values, are of the mean over the models by
    their evidence, the models' disagreement included.

    ln_radius: ln of the semi-major axis of the ellipse that holds half of the target's light.
    axis_ratio, ln_axis_ratio: q within (0, 1], and ln q, which is minus the modulus of the shear
    -ln q (cos 2 phi, sin 2 phi). Its two components are what is fitted, without bias; the modulus
    of a noisy vector is too long by about the error squared over twice its length: of a galaxy that
    is round within an error or two, q is too small, and the error says little.
    position_angle: degrees from +x towards +y, within (-90, 90]; its error is at most 52, that of
    any angle at all.
    magnitude: AB, by the zero point, of the total light; flux is the same in the image's unit.
    radius_magnitude_correlation: of the errors of ln_radius and magnitude.
    sersic_n, ln_sersic_n: of the single profile, whichever model is the better.
    bulge_fraction: the bulge's share of the light in the model that has one.
    bulge_disc_probability: of that model, by its evidence; companion_probability: that a source
    which detection merged with the target is one of its own.
    x, y: centre, from the stamp centre. sky: level there. psf_half_light_radius: of the PSF.
    contamination, misfit: see blending.Blending; of the most probable model.
    neighbours: sources that were fitted beside the target.
    converged: every model that counts came to a minimum, with a finite error and a flux of 3 sigma.
    status: "ok", or what is to be known in a few words.
    """

    ln_radius: float
    ln_radius_error: float
    axis_ratio: float
    ln_axis_ratio: float
    ln_axis_ratio_error: float
    position_angle: float
    position_angle_error: float
    magnitude: float
    magnitude_error: float
    radius_magnitude_correlation: float
    flux: float
    sersic_n: float
    ln_sersic_n: float
    ln_sersic_n_error: float
    bulge_fraction: float
    bulge_fraction_error: float
    bulge_disc_probability: float
    x: float
    x_error: float
    y: float
    y_error: float
    sky: float
    psf_half_light_radius: float
    chi_square_per_pixel: float
    contamination: float
    misfit: float
    companion_probability: float
    neighbours: int
    converged: bool
    status: str


@dataclass(frozen=True)
class SceneImages:
    """What the fit explains a stamp by, each (S, S) float32 in the image's unit.

    The mean over the models by their evidence; all neighbours in one. image less all three is what
    is left over. Masked sources are in none.
    """

    target: NDArray[np.float32]
    neighbours: NDArray[np.float32]
    sky: NDArray[np.float32]


def failed_scene(status: str) -> SceneFit:
    """The result for a stamp that cannot be measured: NaN everywhere, and the reason."""
    return SceneFit(*(math.nan,) * 27, neighbours=0, converged=False, status=status)
