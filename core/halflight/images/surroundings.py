"""What lies round a source in its stamp: its own pixels, its neighbours, how far its light goes."""

from dataclasses import dataclass

import numpy as np
import sep
from numpy.typing import NDArray

from halflight.images.detection import extract
from halflight.images.resampling import shifted

THRESHOLD, LEAST_AREA = 1.5, 5  # sigmas of a pixel and pixels, as SExtractor's users take them
NEAREST = 3.0  # pixels from the centre within which the source of a position is looked for
# Of the stamp's side: a galaxy whose axis has a larger rms is seen without its sky, and so is one
# half as large whose light reaches the border. A smaller one that does is chained to a neighbour.
LARGEST_AXIS, LARGEST_AT_BORDER = 1 / 6, 1 / 12
MERGED = sep.OBJ_MERGED
# SPREAD_MODEL (Desai et al. 2012, ApJ 757, 83, sect. 4.3.3): the disc has FWHM / 16 as its scale;
# what differs by less than 3 errors, or than 0.003 (Bouy et al. 2013, A&A 554, A101), is a star.
SPREAD_SCALE, SPREAD_ERRORS, SPREAD_LEAST = 1 / 16, 3.0, 0.003
SPREAD_HALF_SIDE = 3.0  # in FWHM: beyond it only noise and neighbours are added
LEAST_SNR = 10.0  # below it every source is as sharp as the PSF within its error


@dataclass(frozen=True)
class Surroundings:
    """The source of a stamp: its pixels (S, S), whether it merges with another, and its size.

    axis: rms of the light along the major axis, pixels. border: its light reaches the stamp's
    border. x, y: its centroid. found: whether there is a source at all.
    """

    pixels: NDArray[np.bool_]
    merged: bool
    axis: float
    border: bool
    x: float
    y: float

    @property
    def found(self) -> bool:
        """Whether there is a source at the centre."""
        return bool(self.pixels.any())

    def too_large(self) -> bool:
        """Whether the stamp shows the source without enough of its sky."""
        limit = LARGEST_AT_BORDER if self.border else LARGEST_AXIS
        return self.axis > limit * len(self.pixels)


def look_round(
    image: NDArray[np.float32], sigma: NDArray[np.float32], x: float, y: float
) -> Surroundings:
    """The source at pixel (x, y) of a stamp whose sky is taken off; bad pixels are NaN."""
    bad = ~(np.isfinite(image) & np.isfinite(sigma))
    nothing = Surroundings(np.zeros(image.shape, bool), False, 0.0, False, x, y)
    if bad.all():
        return nothing
    objects, numbers = extract(image, sigma, bad, THRESHOLD, LEAST_AREA)
    if not len(objects):
        return nothing
    middle = np.clip([round(y), round(x)], 0, np.array(image.shape) - 1)
    number = int(numbers[tuple(middle)])
    if number == 0:
        apart = np.hypot(objects["x"] - x, objects["y"] - y)
        if apart.min() > NEAREST:
            return nothing
        number = int(apart.argmin()) + 1
    own, found = numbers == number, objects[number - 1]
    border = bool(own[[0, -1]].any() or own[:, [0, -1]].any())
    return Surroundings(
        own,
        bool(found["flag"] & MERGED) or _touching(numbers, number),
        float(found["a"]),
        border,
        float(found["x"]),
        float(found["y"]),
    )


def _touching(numbers: NDArray[np.int32], number: int) -> bool:
    """Whether another source's pixels adjoin this one's."""
    own = numbers == number
    wide = own.copy()
    wide[1:] |= own[:-1]
    wide[:-1] |= own[1:]
    wide[:, 1:] |= own[:, :-1]
    wide[:, :-1] |= own[:, 1:]
    return bool(((numbers != number) & (numbers != 0) & wide).any())


def is_point(
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    psf: NDArray[np.floating],
    fwhm: float,
    x: float,
    y: float,
) -> bool:
    """Whether a source is as sharp as the PSF: its SPREAD_MODEL is 0 within its error.

    image, sigma: a stamp whose sky is taken off. psf: (P, P), the sum 1. fwhm: of the PSF, pixels.
    x, y: the source's centroid. A source of less than 10 sigma tells nothing, and is not one.
    """
    half = int(np.ceil(max(SPREAD_HALF_SIDE * fwhm, 4)))
    left, top = round(x) - half, round(y) - half
    if left < 0 or top < 0 or left + 2 * half >= len(image) or top + 2 * half >= len(image):
        return False
    window = np.s_[top : top + 2 * half + 1, left : left + 2 * half + 1]
    data = image[window].astype(np.float64)
    weight = np.where(np.isfinite(data), 1 / sigma[window].astype(np.float64) ** 2, 0.0)
    # A bright source's own photons would hide its core: the sky's noise weighs every pixel alike.
    weight = np.where(weight > 0, np.median(weight[weight > 0]) if (weight > 0).any() else 0, 0.0)
    data = np.nan_to_num(data)
    offset = (y - round(y), x - round(x))
    point = shifted(_fit(psf, 2 * half + 1), *offset)
    disc = _widened(point, SPREAD_SCALE * fwhm)
    noise = np.where(weight > 0, 1.0, 0.0)
    a, b = (disc * noise * data).sum(), (point * noise * data).sum()
    c, d = (disc * noise * point).sum(), (point * noise * point).sum()
    if not b > 0:
        return False
    variance = np.where(np.isfinite(sigma[window]), sigma[window].astype(np.float64) ** 2, 0.0)
    snr = b / np.sqrt((point**2 * noise * variance).sum())
    if snr < LEAST_SNR:
        return False
    spread = a / b - c / d
    error = np.sqrt((((disc * b - point * a) * noise) ** 2 * variance).sum()) / b**2
    return bool(spread < max(SPREAD_ERRORS * error, SPREAD_LEAST))


def _fit(psf: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """The middle of a PSF, or the PSF in zeros, (side, side)."""
    result = np.zeros((side, side))
    h = min(len(psf), side) // 2
    m, k = side // 2, len(psf) // 2
    result[m - h : m + h + 1, m - h : m + h + 1] = psf[k - h : k + h + 1, k - h : k + h + 1]
    return result


def _widened(image: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """An image convolved with a round exponential disc of this scale length in pixels.

    The disc's transform is (1 + (2 pi k scale)^2)^(-3/2).
    """
    k = np.fft.fftfreq(len(image))
    transform = (1 + (2 * np.pi * scale) ** 2 * (k**2 + k[:, None] ** 2)) ** -1.5
    return np.fft.ifft2(np.fft.fft2(image) * transform).real
