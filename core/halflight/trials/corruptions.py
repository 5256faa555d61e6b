"""Corruptions: what goes wrong with a stamp, done to an honest one, to see whether it is noticed.

Each takes an image, its sigma (S, S), its PSF (P, P), sum 1, and a generator, and gives the three
as float32. The sky's noise is taken for the median sigma.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, shift

Image = NDArray[np.float32]


class Stamp(NamedTuple):
    """image, sigma (S, S) and psf (P, P), float32."""

    image: Image
    sigma: Image
    psf: Image


Corruption = Callable[[Stamp, np.random.Generator], Stamp]


def blank(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """Sky, and nothing else."""
    return stamp._replace(image=_sky(stamp, rng), sigma=np.full_like(stamp.sigma, _noise(stamp)))


def star(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """A star, as bright as 8 pixels about the centre were, in the galaxy's place."""
    flux = max(float(_middle(stamp.image, 8).sum()), 30.0 * _noise(stamp))
    return _observed(stamp, _point(stamp, flux, *rng.uniform(-1.0, 1.0, 2)), rng)


def star_field(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """Twenty-five stars of 30 to 3,000 sigma at random."""
    reach = 0.42 * len(stamp.image)
    light = np.zeros_like(stamp.image)
    for _ in range(25):
        flux = _noise(stamp) * 10.0 ** rng.uniform(1.5, 3.5)
        light += _point(stamp, flux, *rng.uniform(-reach, reach, 2))
    return _observed(stamp, light, rng)


def psf_too_narrow(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A PSF narrower than the image's by 30 %."""
    return stamp._replace(psf=scaled_psf(stamp.psf, 1 / 1.3))


def psf_too_wide(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A PSF wider than the image's by 30 %."""
    return stamp._replace(psf=scaled_psf(stamp.psf, 1.3))


def psf_off_centre(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A PSF one pixel off its middle along both axes."""
    return stamp._replace(psf=np.roll(stamp.psf, (1, 1), (0, 1)))


def off_centre(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A galaxy 6 pixels off along both axes."""
    image, sigma = (np.roll(a, (6, 6), (0, 1)) for a in (stamp.image, stamp.sigma))
    return stamp._replace(image=image, sigma=sigma)


def other_unit(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """Counts, 200 a nanomaggy, beside the noise of nanomaggies."""
    return stamp._replace(image=stamp.image * np.float32(200.0))


def sigma_doubled(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A noise that is said to be twice what it is."""
    return stamp._replace(sigma=stamp.sigma * np.float32(2.0))


def sky_left_in(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A sky of 10 sigma that was not subtracted."""
    return stamp._replace(image=stamp.image + np.float32(10.0 * _noise(stamp)))


def smoothed(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """Noise correlated over a pixel, as resampled images have it, and sigma as before."""
    return stamp._replace(image=gaussian_filter(stamp.image, 1.0))


def saturated(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A core clipped at 30 % of its peak, or at 3 sigma."""
    most = max(0.3 * float(_middle(stamp.image, 8).max()), 3.0 * _noise(stamp))
    return stamp._replace(image=np.minimum(stamp.image, np.float32(most)))


def satellite_trail(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """A line of 5 to 30 sigma and 1.5 pixels across the stamp, within 10 pixels of its centre."""
    size = len(stamp.image)
    row, column = np.mgrid[:size, :size] - (size / 2 - 0.5)
    angle = rng.uniform(0.0, math.pi)
    across = column * math.sin(angle) - row * math.cos(angle) - rng.uniform(-10.0, 10.0)
    light = rng.uniform(5.0, 30.0) * _noise(stamp) * np.exp(-0.5 * (across / 1.5) ** 2)
    return stamp._replace(image=(stamp.image + light).astype(np.float32))


def cosmic_ray(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """A track of 5 to 20 pixels of 10 to 100 sigma each that begins within 8 of the centre."""
    image, size = stamp.image.copy(), len(stamp.image)
    angle, length = rng.uniform(0.0, 2 * math.pi), int(rng.integers(5, 21))
    begin = size / 2 + rng.uniform(-8.0, 8.0, 2)
    along = np.arange(length)[:, np.newaxis] * [math.sin(angle), math.cos(angle)]
    track = np.unique(np.rint(begin + along).astype(int) % size, axis=0)
    image[tuple(track.T)] += (_noise(stamp) * rng.uniform(10.0, 100.0, len(track))).astype("f4")
    return stamp._replace(image=image)


def bad_columns(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """Two columns, within 6 pixels of the centre, 20 sigma too bright or too dark."""
    image, first = stamp.image.copy(), len(stamp.image) // 2 + int(rng.integers(-6, 6))
    image[:, first : first + 2] += np.float32(20.0 * rng.choice([-1.0, 1.0]) * _noise(stamp))
    return stamp._replace(image=image)


def half_zero(stamp: Stamp, _rng: np.random.Generator) -> Stamp:
    """A lower half that was never read out."""
    image = stamp.image.copy()
    image[: len(image) // 2] = 0.0
    return stamp._replace(image=image)


def larger_than_stamp(stamp: Stamp, rng: np.random.Generator) -> Stamp:
    """A galaxy four times as large as it was, as bright a pixel."""
    size = len(stamp.image)
    at = (np.arange(size) - (size / 2 - 0.5)) / 4.0 + (size / 2 - 0.5)
    light = map_coordinates(gaussian_filter(stamp.image, 1.0), np.meshgrid(at, at, indexing="ij"))
    return stamp._replace(image=(light + _sky(stamp, rng)).astype(np.float32))


CORRUPTIONS: tuple[Corruption, ...] = (
    *(blank, star, star_field, psf_too_narrow, psf_too_wide, psf_off_centre, off_centre),
    *(other_unit, sigma_doubled, sky_left_in, smoothed, saturated, satellite_trail, cosmic_ray),
    *(bad_columns, half_zero, larger_than_stamp),
)
"""All of them; each has its name and its meaning from its function."""


def scaled_psf(psf: Image, factor: float) -> Image:
    """The PSF, that many times as wide, on as many pixels, sum 1."""
    half = len(psf) // 2
    steps = np.arange(-half, half + 1) / factor + half
    wide = map_coordinates(psf.astype(np.float64), np.meshgrid(steps, steps, indexing="ij"))
    return (wide / wide.sum()).astype(np.float32)


def _noise(stamp: Stamp) -> float:
    return float(np.median(stamp.sigma))


def _sky(stamp: Stamp, rng: np.random.Generator) -> Image:
    return (_noise(stamp) * rng.standard_normal(stamp.image.shape)).astype(np.float32)


def _middle(image: Image, side: int) -> Image:
    edge = (len(image) - side) // 2
    return image[edge : edge + side, edge : edge + side]


def _observed(stamp: Stamp, light: Image, rng: np.random.Generator) -> Stamp:
    """Light with the sky's noise; sources bring as much as the stamp's brightest pixel has."""
    brightest = np.unravel_index(np.argmax(stamp.image), stamp.image.shape)
    excess = float(stamp.sigma[brightest]) ** 2 - _noise(stamp) ** 2
    photons = max(excess, 0.0) / max(float(stamp.image[brightest]), _noise(stamp))
    sigma = np.sqrt(_noise(stamp) ** 2 + photons * np.maximum(light, 0.0)).astype(np.float32)
    image = light + sigma * rng.standard_normal(light.shape)
    return stamp._replace(image=image.astype(np.float32), sigma=sigma)


def _point(stamp: Stamp, flux: float, x: float, y: float) -> Image:
    """A point source, x and y pixels from the centre of a stamp of its PSF's size or more."""
    size = len(stamp.image)
    side = min(len(stamp.psf), size - 1 + size % 2)  # odd
    wide = np.zeros((size, size))
    edge, cut = size // 2 - side // 2, (len(stamp.psf) - side) // 2
    wide[edge : edge + side, edge : edge + side] = stamp.psf[cut : cut + side, cut : cut + side]
    # The PSF's middle pixel is half a pixel beyond the centre of a stamp of an even side.
    half = 0.5 if size % 2 == 0 else 0.0
    return (flux * shift(wide, (y - half, x - half), order=3)).astype(np.float32)
