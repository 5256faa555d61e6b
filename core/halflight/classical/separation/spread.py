"""spread_model: is an object as sharp as its PSF, or as one that a small disc has broadened?"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from halflight.psf import placed

# The disc's scale length over the PSF's FWHM; SExtractor's own choice.
SCALE = 1.0 / 16.0
REACH = 12  # pixels from the centre that count: beyond it there is no light of what is in doubt
LARGEST_SHIFT = 2.0  # pixels of a centroid from the stamp's centre


def spread_model(
    image: NDArray[np.floating], sigma: NDArray[np.floating], psf: NDArray[np.floating]
) -> NDArray[np.float64]:
    """spread_model over its error, (n,): 0 within +-1 for a point, larger for what is extended.

    With the PSF phi, a disc of scale length FWHM / 16 convolved with it G, weights W = 1 / sigma^2
    and pixels p: s = (G' W p) / (phi' W p) - (G' W phi) / (phi' W phi), Desai et al. 2012 (ApJ 757,
    83, eq. 1); its error follows from the pixels' by the same derivative. phi and G are moved to
    the centroid of the light.

    image, sigma: (n, S, S), NaN or an infinite sigma marks a bad pixel; psf: (n, P, P), P odd, of
    the sum 1. NaN where there is no light within REACH, or no PSF.
    """
    found = np.full(len(image), np.nan)
    for row in range(len(image)):
        found[row] = _of_stamp(
            *(np.ma.filled(a[row], np.nan).astype(np.float64) for a in (image, sigma, psf))
        )
    return found


def _of_stamp(
    image: NDArray[np.float64], sigma: NDArray[np.float64], psf: NDArray[np.float64]
) -> float:
    if not np.isfinite(psf).all() or psf.max() <= 0.0:
        return np.nan
    edge = max(image.shape[0] // 2 - REACH, 0)
    middle = slice(edge, image.shape[0] - edge)
    pixels, noise = image[middle, middle], sigma[middle, middle]
    usable = np.isfinite(pixels) & np.isfinite(noise) & (noise > 0)
    weight = np.divide(1.0, noise**2, out=np.zeros_like(noise), where=usable)
    pixels = np.where(usable, pixels, 0.0)
    fwhm = 2.0 * np.sqrt((psf > 0.5 * psf.max()).sum() / np.pi)
    offset = np.arange(psf.shape[0]) - psf.shape[0] // 2
    radius = np.hypot(offset, offset[:, np.newaxis])
    disc = np.exp(-radius / (SCALE * fwhm))
    broad = fftconvolve(psf, disc / disc.sum(), mode="same")
    x, y = _centroid(pixels, weight, fwhm)
    point, extended = (placed(p, x, y, pixels.shape[0]) for p in (psf, broad / broad.sum()))
    flux, light = (point * weight * pixels).sum(), (point * weight * point).sum()
    if flux <= 0.0 or light <= 0.0:
        return np.nan
    ratio = (extended * weight * pixels).sum() / flux
    spread = ratio - (extended * weight * point).sum() / light
    derivative = weight * (extended - ratio * point) / flux
    variance = (
        derivative**2 * np.divide(1.0, weight, out=np.zeros_like(weight), where=usable)
    ).sum()
    return float(spread / np.sqrt(variance))


def _centroid(
    pixels: NDArray[np.float64], weight: NDArray[np.float64], fwhm: float
) -> tuple[float, float]:
    """Centroid (x, y) from the middle of the stamp, in a Gaussian window of the seeing's width."""
    offset = np.arange(pixels.shape[0]) - (pixels.shape[0] - 1) / 2.0
    x = y = 0.0
    light = np.where(weight > 0, pixels, 0.0)
    for _ in range(8):  # each halves what is left: 2 pixels become .01
        window = np.exp(-((offset - x) ** 2 + (offset[:, np.newaxis] - y) ** 2) * 2.0 / fwhm**2)
        total = (window * light).sum()
        if total <= 0.0:
            return 0.0, 0.0
        x += 2.0 * ((window * light).sum(axis=0) @ (offset - x)) / total
        y += 2.0 * ((window * light).sum(axis=1) @ (offset - y)) / total
        if np.hypot(x, y) > LARGEST_SHIFT:
            return 0.0, 0.0
    return float(x), float(y)
