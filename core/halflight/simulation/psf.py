"""The point-spread function: its GalSim profile and its stamp."""

import math

import galsim
import numpy as np
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE
from halflight.simulation.profiles import FAST_GSPARAMS
from halflight.simulation.scene import Psf

# Effective width over the root of the noise-equivalent area 1 / integral(PSF^2), which for a
# Gaussian is 4 pi sigma^2: the factor makes the width its FWHM, sigma sqrt(8 ln 2).
EFFECTIVE_WIDTH_FACTOR = math.sqrt(2 * math.log(2) / math.pi)


def gaussian_sigmas(psf: Psf) -> tuple[float, float]:
    """sigma1 and sigma2 (arcsec) of a double Gaussian whose effective width is `psf.width`."""
    narrow, wide = _gaussian_fluxes(psf)
    ratio = psf.sigma_ratio
    # integral of PSF^2 times 4 pi sigma1^2, from integral G_a G_b = 1 / (2 pi (a^2 + b^2)).
    sharpness = narrow**2 + wide**2 / ratio**2 + 4 * narrow * wide / (1 + ratio**2)
    sigma = psf.width / (EFFECTIVE_WIDTH_FACTOR * math.sqrt(4 * math.pi / sharpness))
    return sigma, sigma * ratio


def moffat_scale(psf: Psf) -> float:
    """Scale radius alpha (arcsec) of a Moffat profile whose effective width is `psf.width`."""
    # integral of PSF^2 = (beta - 1)^2 / (pi alpha^2 (2 beta - 1)).
    area = math.pi * (2 * psf.beta - 1) / (psf.beta - 1) ** 2
    return psf.width / (EFFECTIVE_WIDTH_FACTOR * math.sqrt(area))


def psf_profile(psf: Psf, gsparams: galsim.GSParams = FAST_GSPARAMS) -> galsim.GSObject:
    """The GalSim profile of unit flux, without the pixel response."""
    if psf.kind == "double_gaussian":
        sigmas = gaussian_sigmas(psf)
        parts = [
            galsim.Gaussian(sigma=sigma, flux=flux, gsparams=gsparams)
            for sigma, flux in zip(sigmas, _gaussian_fluxes(psf), strict=True)
            if flux > 0
        ]
        profile = galsim.Sum(parts, gsparams=gsparams)
    else:
        profile = galsim.Moffat(
            beta=psf.beta, scale_radius=moffat_scale(psf), flux=1.0, gsparams=gsparams
        )
    return profile.shear(e1=psf.e1, e2=psf.e2)


def psf_extent(psf: Psf, flux: float, brightness: float) -> float:
    """Radius (arcsec) where a point source of `flux` nmgy falls to `brightness` nmgy/arcsec^2.

    The shear is ignored: it stretches an extent by half of |e|.
    """
    if psf.kind == "double_gaussian":
        extent = 0.0
        for sigma, part in zip(gaussian_sigmas(psf), _gaussian_fluxes(psf), strict=True):
            contrast = flux * part / (2 * math.pi * sigma**2 * brightness)
            if contrast > 1:
                extent = max(extent, sigma * math.sqrt(2 * math.log(contrast)))
        return extent
    alpha = moffat_scale(psf)
    contrast = flux * (psf.beta - 1) / (math.pi * alpha**2 * brightness)
    return alpha * math.sqrt(max(contrast ** (1 / psf.beta) - 1, 0.0))


def render_psf(psf: Psf, size: int) -> NDArray[np.float32]:
    """The PSF with its pixel response, (size, size) float32, centred on the middle pixel, sum 1.

    Raises ValueError unless `size` is a positive odd number.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"a PSF stamp needs a positive odd size, got {size}")
    image = galsim.ImageD(size, size)
    psf_profile(psf).drawImage(image=image, scale=PIXEL_SCALE)
    pixels = np.asarray(image.array)
    return np.asarray(pixels / pixels.sum(), dtype=np.float32)


def _gaussian_fluxes(psf: Psf) -> tuple[float, float]:
    """Fluxes of the narrow and the wide Gaussian of a unit-flux double Gaussian."""
    wide_over_narrow = psf.wing_ratio * psf.sigma_ratio**2
    return 1 / (1 + wide_over_narrow), wide_over_narrow / (1 + wide_over_narrow)
