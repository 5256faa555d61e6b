"""Spoilt: what goes wrong with a whole image, done to an honest one, to see whether it is noticed.

Each takes an image with what is known of it and a generator, and gives the same. What concerns a
source alone is done to it by `halflight.trials.corruptions`, in the square of `SIDE` pixels about
it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from halflight.trials import corruptions
from halflight.trials.corruptions import Corruption, Stamp, scaled_psf

Image = NDArray[np.float32]

SIDE = 96  # pixels of a stamp
COUNTS = np.float32(200.0)  # a nanomaggy, about SDSS's in r
_FURTHER_STARS = 2000  # of a star field, beside those that are asked for


class Taken(NamedTuple):
    """An image, its sigma (H, W) and each source's PSF (n, P, P), float32, sum 1, and pixel (n, 2).

    Bad pixels are NaN in the image. places: [row, column], the pixel of which the lower corner is
    the centre of the source's stamp.
    """

    image: Image
    sigma: Image
    psfs: Image
    places: NDArray[np.int64]


Spoiling = Callable[[Taken, np.random.Generator], Taken]


def image_in_counts(taken: Taken, _rng: np.random.Generator) -> Taken:
    """The image in counts, 200 a nanomaggy; the noise in nanomaggies, as the header says."""
    return taken._replace(image=taken.image * COUNTS)


def noise_in_counts(taken: Taken, _rng: np.random.Generator) -> Taken:
    """The noise in counts, 200 a nanomaggy; the image in nanomaggies, as the header says."""
    return taken._replace(sigma=taken.sigma * COUNTS)


def all_in_counts(taken: Taken, _rng: np.random.Generator) -> Taken:
    """Image and noise in counts, 200 a nanomaggy, under a header that says nanomaggies."""
    return taken._replace(image=taken.image * COUNTS, sigma=taken.sigma * COUNTS)


def noise_doubled(taken: Taken, _rng: np.random.Generator) -> Taken:
    """A noise that is said to be twice what it is."""
    return taken._replace(sigma=taken.sigma * np.float32(2.0))


def blank(taken: Taken, rng: np.random.Generator) -> Taken:
    """Sky, and nothing else."""
    noise = np.median(taken.sigma[np.isfinite(taken.sigma)])
    sky = (noise * rng.standard_normal(taken.image.shape)).astype(np.float32)
    sigma = np.where(np.isfinite(taken.sigma), noise, taken.sigma).astype(np.float32)
    return taken._replace(image=np.where(np.isfinite(taken.image), sky, np.nan), sigma=sigma)


def star_field(taken: Taken, rng: np.random.Generator) -> Taken:
    """Stars alone: one as bright as each galaxy, in its place, and 2,000 of 10 to 300 sigma."""
    stars = _each(taken, rng, corruptions.star)
    image, sigma = blank(taken, rng)[:2]
    for row, column in taken.places:
        at = _square(row, column, SIDE)
        image[at], sigma[at] = stars.image[at], stars.sigma[at]
    psf, noise = taken.psfs[len(taken.psfs) // 2], float(np.nanmedian(sigma))
    half = len(psf) // 2
    for _ in range(_FURTHER_STARS):
        row, column = (int(rng.integers(half, length - half)) for length in image.shape)
        flux = np.float32(noise * 10.0 ** rng.uniform(1.0, 2.5))
        image[row - half : row + half + 1, column - half : column + half + 1] += flux * psf
    return taken._replace(image=image, sigma=sigma)


def saturated(taken: Taken, rng: np.random.Generator) -> Taken:
    """Cores that are clipped at 30 % of their peak, and not masked."""
    return _each(taken, rng, corruptions.saturated)


def psf_too_narrow(taken: Taken, _rng: np.random.Generator) -> Taken:
    """A PSF narrower than the image's by 30 %."""
    return taken._replace(psfs=np.stack([scaled_psf(psf, 1 / 1.3) for psf in taken.psfs]))


def psf_too_wide(taken: Taken, _rng: np.random.Generator) -> Taken:
    """A PSF wider than the image's by 30 %."""
    return taken._replace(psfs=np.stack([scaled_psf(psf, 1.3) for psf in taken.psfs]))


def sky_left_in(taken: Taken, _rng: np.random.Generator) -> Taken:
    """A sky of 10 sigma that was not subtracted."""
    noise = np.median(taken.sigma[np.isfinite(taken.sigma)])
    return taken._replace(image=taken.image + np.float32(10.0 * noise))


def resampled(taken: Taken, _rng: np.random.Generator) -> Taken:
    """Noise correlated over a pixel, as resampled images have it, and sigma as before."""
    image = gaussian_filter(np.nan_to_num(taken.image), 1.0)
    return taken._replace(image=np.where(np.isfinite(taken.image), image, np.nan))


def satellite_trails(taken: Taken, rng: np.random.Generator) -> Taken:
    """A line of 5 to 30 sigma across each stamp, not masked."""
    return _each(taken, rng, corruptions.satellite_trail)


def cosmic_rays(taken: Taken, rng: np.random.Generator) -> Taken:
    """A track of 5 to 20 pixels by each source, not masked."""
    return _each(taken, rng, corruptions.cosmic_ray)


def bad_columns(taken: Taken, rng: np.random.Generator) -> Taken:
    """Two columns by each source, 20 sigma off, not masked."""
    return _each(taken, rng, corruptions.bad_columns)


def not_read_out(taken: Taken, rng: np.random.Generator) -> Taken:
    """Half of each stamp is 0."""
    return _each(taken, rng, corruptions.half_zero)


SPOILINGS: tuple[Spoiling, ...] = (
    *(image_in_counts, noise_in_counts, all_in_counts, noise_doubled, blank, star_field),
    *(saturated, psf_too_narrow, psf_too_wide, sky_left_in, resampled, satellite_trails),
    *(cosmic_rays, bad_columns, not_read_out),
)
"""All of them; each has its name and its meaning from its function."""


def _each(taken: Taken, rng: np.random.Generator, corrupt: Corruption) -> Taken:
    """Spoil the square about every source."""
    image, sigma = taken.image.copy(), taken.sigma.copy()
    for (row, column), psf in zip(taken.places, taken.psfs, strict=True):
        at = _square(row, column, SIDE)
        made = corrupt(Stamp(image[at].copy(), sigma[at].copy(), psf), rng)
        image[at], sigma[at] = made.image, made.sigma
    return taken._replace(image=image, sigma=sigma)


def _square(row: int, column: int, side: int) -> tuple[slice, slice]:
    half = side // 2
    return slice(row - half, row + half), slice(column - half, column + half)
