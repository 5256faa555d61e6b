"""The point-spread function: its GalSim profile, its stamp, and the sizes of a PSF stamp."""

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import galsim
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import j0, j1

from halflight.sky.camera import PIXEL_SCALE
from halflight.sky.profiles import FAST_GSPARAMS
from halflight.sky.scene import Psf

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


def psf_half_light_radius(image: NDArray[np.floating], pixel_scale: float) -> float:
    """Radius of the circle round the middle pixel that holds half of a PSF stamp's light.

    In the units of `pixel_scale`. The stamp, (size, size) with odd size, is taken as band-limited:
    the light within radius R is the sum over its Fourier modes of the transform of a disc,
    R J1(2 pi k R) / k, so no pixel is split. Raises ValueError for a stamp without such a radius.
    """
    frequency, amplitude = _transform(image)
    # The disc's transform at k = 0 is its area, pi R^2.
    constant, ring, k = amplitude[0] * np.pi, amplitude[1:] / frequency[1:], frequency[1:]

    def light_within(radius: float) -> float:
        return constant * radius**2 + radius * float(ring @ j1(2 * np.pi * radius * k))

    return pixel_scale * _solve(lambda r: light_within(r) - 0.5, len(image), "half-light radius")


def psf_fwhm(image: NDArray[np.floating], pixel_scale: float) -> float:
    """Full width at half maximum of a PSF stamp's azimuthal mean round its middle pixel.

    In the units of `pixel_scale`; the same band-limited reading as `psf_half_light_radius`,
    with J0(2 pi k r). Raises ValueError for a stamp that never falls to half of its centre.
    """
    frequency, amplitude = _transform(image)
    half = 0.5 * float(amplitude.sum())

    def above_half(radius: float) -> float:
        return float(amplitude @ j0(2 * np.pi * radius * frequency)) - half

    return 2 * pixel_scale * _solve(lambda r: -above_half(r), len(image), "FWHM")


def _gaussian_fluxes(psf: Psf) -> tuple[float, float]:
    """Fluxes of the narrow and the wide Gaussian of a unit-flux double Gaussian."""
    wide_over_narrow = psf.wing_ratio * psf.sigma_ratio**2
    return 1 / (1 + wide_over_narrow), wide_over_narrow / (1 + wide_over_narrow)


def _transform(image: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The distinct frequencies of a stamp and the sum of its modes at each.

    Frequencies are in cycles per pixel, from 0; modes are the real part of the transform of the
    stamp normalised to 1, over the number of pixels.
    """
    if image.ndim != 2 or image.shape[0] != image.shape[1] or image.shape[0] % 2 == 0:
        raise ValueError(f"a PSF stamp is square with odd size, got shape {image.shape}")
    total = float(np.asarray(image, dtype=np.float64).sum())
    if not (math.isfinite(total) and total > 0):
        raise ValueError(f"a PSF stamp needs a finite, positive sum, got {total}")
    centred = np.fft.ifftshift(np.asarray(image, dtype=np.float64)) / total
    frequency, group = _frequencies(len(image))
    modes = np.fft.fft2(centred).real / image.size
    summed = np.asarray(np.bincount(group, weights=modes.ravel()), dtype=np.float64)
    return frequency, summed


@cache
def _frequencies(size: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The distinct frequencies of a (size, size) transform, and which of them each mode has."""
    k = np.rint(np.fft.fftfreq(size) * size).astype(int)
    squares, group = np.unique(k[:, None] ** 2 + k[None, :] ** 2, return_inverse=True)
    return np.sqrt(squares) / size, group.ravel()


def _solve(function: Callable[[float], float], size: int, what: str) -> float:
    """The first crossing from below of a function of the radius in pixels, inside the stamp."""
    radii = np.arange(0.0, (size - 1) / 2 + 0.5, 0.5)
    for low, high in pairwise(radii):
        if function(high) >= 0:
            return float(brentq(function, low, high, xtol=1e-9))
    raise ValueError(f"the PSF stamp of {size} x {size} pixels has no {what} inside it")
