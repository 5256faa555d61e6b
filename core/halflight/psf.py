"""A PSF stamp, read as a band-limited function: its sizes, where its light lies, and moved."""

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import fourier_shift
from scipy.optimize import brentq
from scipy.special import j0, j1


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


def psf_offset(psf: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distance in pixels of the light's centroid from the middle pixel of PSF stamps.

    psf: (n, P, P, ...), P odd, finite. Returns (n, ...). Pixels above 1 % of the peak count, so
    that noise in the wings does not; a stamp without a positive one is infinitely far off.
    """
    light = np.where(psf > 0.01 * psf.max(axis=(1, 2), keepdims=True), psf, 0.0)
    total = light.sum(axis=(1, 2), dtype=np.float64)
    steps = np.arange(psf.shape[1]) - psf.shape[1] // 2
    apart = [
        np.tensordot(light.sum(axis=axis, dtype=np.float64), steps, axes=(1, 0)) for axis in (1, 2)
    ]
    far = np.full(total.shape, np.inf)
    return np.asarray(np.divide(np.hypot(*apart), total, out=far, where=total > 0))


def placed(profile: NDArray[np.float64], x: float, y: float, side: int) -> NDArray[np.float64]:
    """A profile (P, P), centred on its middle pixel, in a stamp of `side`, (x, y) from its centre.

    Moved by the phases of its Fourier transform, which broaden nothing.
    """
    canvas = np.zeros((2 * max(profile.shape[0], side),) * 2)
    middle, half = canvas.shape[0] // 2, profile.shape[0] // 2
    place = slice(middle - half, middle - half + profile.shape[0])
    canvas[place, place] = profile
    first = middle - side // 2  # the canvas's pixel that is the stamp's first
    by = (first + (side - 1) / 2.0 + y - middle, first + (side - 1) / 2.0 + x - middle)
    moved = np.fft.ifft2(fourier_shift(np.fft.fft2(canvas), by)).real
    return np.asarray(moved[first : first + side, first : first + side])


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
