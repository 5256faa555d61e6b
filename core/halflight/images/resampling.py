"""PSF stamps brought to an image's pixels: resampled, centred, cut to size, their sum kept."""

import numpy as np
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.psf import psf_offset

CENTRED = 0.02  # pixels from the middle that no measurement feels: it widens a PSF by 0.01 %
MOST_STEPS = 5  # of centring; each leaves a hundredth of the offset


def resampled(psf: NDArray[np.floating], ratio: float, size: int) -> NDArray[np.float64]:
    """A stamp (P, P), P odd, as (size, size), size odd, of pixels `ratio` times as wide.

    The stamp is read as a band-limited function whose pixels' response is in it; that of the wider
    pixel is in the result. For a whole ratio each new pixel is the sum of old ones about its
    middle, so that binning an image does the same to its PSF; in between the sum's transfer,
    sin(pi k ratio) / sin(pi k), is read as a function of any ratio. The middles coincide.
    """
    reach = max(int(np.ceil(size * ratio)), len(psf))
    padded = resized(psf, reach + (reach + 1) % 2)
    side = len(padded)
    frequency = np.fft.fftfreq(side)
    wave = np.sin(np.pi * np.where(frequency == 0, 1, frequency))
    transfer = np.where(frequency == 0, ratio, np.sin(np.pi * frequency * ratio) / wave)
    places = (np.arange(size) - size // 2) * ratio
    waves = np.exp(2j * np.pi * np.outer(places, frequency)) * transfer / side
    modes = np.fft.fft2(np.fft.ifftshift(padded))
    return np.asarray((waves @ modes @ waves.T).real)


def resized(psf: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    """A stamp of odd sides cropped or padded with zeros about its middle pixel."""
    result = np.zeros((size, size))
    half = [min(size // 2, side // 2) for side in psf.shape]
    into = tuple(slice(size // 2 - h, size // 2 + h + 1) for h in half)
    out_of = tuple(slice(s // 2 - h, s // 2 + h + 1) for s, h in zip(psf.shape, half, strict=True))
    result[into] = psf[out_of]
    return result


def shifted(image: NDArray[np.floating], dy: float, dx: float) -> NDArray[np.float64]:
    """An image moved by (dy, dx) pixels, read as a band-limited, periodic function."""
    fy, fx = (np.fft.fftfreq(side) for side in image.shape)
    turn = np.exp(-2j * np.pi * (fy[:, None] * dy + fx * dx))
    return np.fft.ifft2(np.fft.fft2(image) * turn).real


def centred(psf: NDArray[np.floating], name: str) -> tuple[NDArray[np.float64], float]:
    """A PSF of any shape as a square of odd side, its light on the middle pixel, its sum 1.

    Also returns how far from the middle, in pixels, the light lay.

    Raises:
        ImageError: it holds no light, or what is no number.
    """
    if psf.ndim != 2 or min(psf.shape) < 3:
        raise ImageError(f"{name} has the shape {psf.shape}: a PSF is an image of 3 x 3 or more")
    if not np.isfinite(psf).all():
        raise ImageError(f"{name} has {int((~np.isfinite(psf)).sum())} pixels that are no numbers")
    if not psf.sum() > 0 or not psf.max() > 0:
        raise ImageError(f"{name} sums to {psf.sum():g}: a PSF holds light")
    side = max(psf.shape) + (max(psf.shape) + 1) % 2
    square = np.zeros((side, side))
    top, left = ((side - s) // 2 for s in psf.shape)
    square[top : top + psf.shape[0], left : left + psf.shape[1]] = psf
    square /= square.sum()
    peak = [int(place) for place in np.unravel_index(square.argmax(), square.shape)]
    whole = [side // 2 - place for place in peak]
    reach = max(abs(step) for step in whole)
    if reach > 1:  # a stamp that was cut far off its star: whole pixels lose no light
        square = resized(np.roll(np.pad(square, reach), whole, (0, 1)), side)
    moved = np.array(whole if reach > 1 else [0, 0], np.float64)
    for _ in range(MOST_STEPS):
        dy, dx = _centroid(square)
        if np.hypot(dy, dx) < CENTRED:
            break
        square = shifted(square, -dy, -dx)
        moved -= (dy, dx)
    if psf_offset(square[np.newaxis])[0] > 0.5:
        raise ImageError(f"{name} has no single centre of light: it does not look like a star")
    return square / square.sum(), float(np.hypot(*moved))


def _centroid(psf: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the light above 1 % of the peak lies from the middle pixel: (dy, dx)."""
    light = np.where(psf > 0.01 * psf.max(), psf, 0.0)
    steps = np.arange(len(psf)) - len(psf) // 2
    return np.array([light.sum(axis=1) @ steps, light.sum(axis=0) @ steps]) / light.sum()
