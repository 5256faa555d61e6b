"""Others: what is neither a star nor a galaxy, made of honest stamps in several bands.

Each kind takes an image, its sigma (S, S, bands), its PSF (P, P, bands), sum 1, and a generator,
and gives the three as float32. What comes once, such as a cosmic ray, comes in the middle band.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

from halflight.trials import corruptions
from halflight.trials.corruptions import Corruption, Stamp

Generator = np.random.Generator
Other = Callable[[Stamp, Generator], Stamp]


def blank(stamp: Stamp, rng: Generator) -> Stamp:
    """Sky, and nothing else."""
    return _in_each(corruptions.blank, stamp, rng)


def trail_alone(stamp: Stamp, rng: Generator) -> Stamp:
    """A satellite's trail in one band, and sky in the others."""
    return _trail(blank(stamp, rng), rng)


def trail_over_it(stamp: Stamp, rng: Generator) -> Stamp:
    """An object with a satellite's trail over it in one band."""
    return _trail(stamp, rng)


def cosmic_ray_alone(stamp: Stamp, rng: Generator) -> Stamp:
    """A cosmic ray in one band, and sky in the others."""
    return _ray(blank(stamp, rng), rng)


def cosmic_ray_over_it(stamp: Stamp, rng: Generator) -> Stamp:
    """An object with a cosmic ray over it in one band."""
    return _ray(stamp, rng)


def two_stars(stamp: Stamp, rng: Generator) -> Stamp:
    """An object and a star of a quarter to all of its light, 4 to 8 pixels away."""
    angle, apart = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(4.0, 8.0)
    share = rng.uniform(0.25, 1.0)
    light = np.zeros_like(stamp.image)
    for band in range(light.shape[-1]):
        flux = share * max(float(_near(stamp.image[..., band], 10).sum()), 0.0)
        psf = stamp.psf[..., band]
        light[..., band] = flux * _point(len(light), psf, apart, angle)
    return _with_light(stamp, light, rng)


def two_peaks(stamp: Stamp, rng: Generator) -> Stamp:
    """An exposure whose telescope jumped half-way by 3 to 6 pixels, which its PSF does not show."""
    down, right = _step(rng, 3.0, 6.0)
    image = 0.5 * (stamp.image + np.roll(stamp.image, (down, right), (0, 1)))
    half = (-(down // 2), -(right // 2))
    noise = math.sqrt(0.5) * stamp.sigma * rng.standard_normal(image.shape)
    return stamp._replace(image=np.roll(image, half, (0, 1)) + _plain(noise))


def moving(stamp: Stamp, rng: Generator) -> Stamp:
    """An asteroid: from band to band 2 to 4 pixels further."""
    down, right = _step(rng, 2.0, 4.0)
    image, middle = stamp.image.copy(), stamp.image.shape[-1] // 2
    for band in range(image.shape[-1]):
        by = ((band - middle) * down, (band - middle) * right)
        image[..., band] = np.roll(image[..., band], by, (0, 1))
    return stamp._replace(image=image)


def half_masked(stamp: Stamp, rng: Generator) -> Stamp:
    """An object half of which lies beyond a chip's edge in every band."""
    image, sigma = stamp.image.copy(), stamp.sigma.copy()
    edge = len(image) // 2 + int(rng.integers(-2, 3))
    image[:edge], sigma[:edge] = np.nan, np.inf
    return stamp._replace(image=image, sigma=sigma)


def half_zero(stamp: Stamp, rng: Generator) -> Stamp:
    """A lower half that was never read out, and is not said to be bad."""
    return _in_each(corruptions.half_zero, stamp, rng)


def bad_columns(stamp: Stamp, rng: Generator) -> Stamp:
    """Two columns of one band, within 6 pixels of the centre, 20 sigma off."""
    return _in_one(corruptions.bad_columns, stamp, rng)


def saturated(stamp: Stamp, rng: Generator) -> Stamp:
    """A core clipped in every band at 30 % of its peak, or at 3 sigma."""
    return _in_each(corruptions.saturated, stamp, rng)


def off_centre(stamp: Stamp, rng: Generator) -> Stamp:
    """An object 6 pixels off along both axes."""
    return _in_each(corruptions.off_centre, stamp, rng)


def psf_too_narrow(stamp: Stamp, rng: Generator) -> Stamp:
    """PSFs narrower than the image's by 30 %: every star looks like a galaxy."""
    return _in_each(corruptions.psf_too_narrow, stamp, rng)


def psf_too_wide(stamp: Stamp, rng: Generator) -> Stamp:
    """PSFs wider than the image's by 30 %."""
    return _in_each(corruptions.psf_too_wide, stamp, rng)


def sigma_doubled(stamp: Stamp, rng: Generator) -> Stamp:
    """A noise that is said to be twice what it is."""
    return _in_each(corruptions.sigma_doubled, stamp, rng)


def star_field(stamp: Stamp, rng: Generator) -> Stamp:
    """Twenty-five stars at random, other ones in each band."""
    return _in_each(corruptions.star_field, stamp, rng)


OTHERS: tuple[Other, ...] = (
    *(blank, trail_alone, trail_over_it, cosmic_ray_alone, cosmic_ray_over_it, two_stars),
    *(two_peaks, moving, half_masked, half_zero, bad_columns, saturated, off_centre),
    *(psf_too_narrow, psf_too_wide, sigma_doubled, star_field),
)
"""All of them; each has its name and its meaning from its function."""


def _in_each(spoil: Corruption, stamp: Stamp, rng: Generator) -> Stamp:
    """Every band spoilt by itself."""
    spoilt = [spoil(_band(stamp, band), rng) for band in range(stamp.image.shape[-1])]
    return Stamp(*(np.stack(each, axis=-1) for each in zip(*spoilt, strict=True)))


def _in_one(spoil: Corruption, stamp: Stamp, rng: Generator) -> Stamp:
    """The middle band spoilt."""
    number = stamp.image.shape[-1] // 2
    spoilt = Stamp(*(a.copy() for a in stamp))
    for whole, part in zip(spoilt, spoil(_band(stamp, number), rng), strict=True):
        whole[..., number] = part
    return spoilt


def _band(stamp: Stamp, number: int) -> Stamp:
    return Stamp(*(np.ascontiguousarray(a[..., number]) for a in stamp))


def _trail(stamp: Stamp, rng: Generator) -> Stamp:
    """A line of 5 to 30 sigma a pixel and 1.5 pixels, within 2 of the centre."""

    def drawn(one: Stamp, rng: Generator) -> Stamp:
        size, noise = len(one.image), float(np.median(one.sigma))
        row, column = np.mgrid[:size, :size] - (size / 2 - 0.5)
        angle = rng.uniform(0.0, math.pi)
        across = column * math.sin(angle) - row * math.cos(angle) - rng.uniform(-2.0, 2.0)
        light = rng.uniform(5.0, 30.0) * noise * np.exp(-0.5 * (across / 1.5) ** 2)
        return one._replace(image=_plain(one.image + light))

    return _in_one(drawn, stamp, rng)


def _ray(stamp: Stamp, rng: Generator) -> Stamp:
    """A track of 3 to 10 pixels of 10 to 100 sigma each that begins within 3 of the centre."""

    def drawn(one: Stamp, rng: Generator) -> Stamp:
        image, noise = one.image.copy(), float(np.median(one.sigma))
        angle, length = rng.uniform(0.0, 2.0 * math.pi), int(rng.integers(3, 11))
        begin = len(image) / 2 - 0.5 + rng.uniform(-3.0, 3.0, 2)
        along = np.arange(length)[:, np.newaxis] * [math.sin(angle), math.cos(angle)]
        track = np.unique(np.rint(begin + along).astype(int) % len(image), axis=0)
        image[tuple(track.T)] += _plain(noise * rng.uniform(10.0, 100.0, len(track)))
        return one._replace(image=image)

    return _in_one(drawn, stamp, rng)


def _step(rng: Generator, least: float, most: float) -> tuple[int, int]:
    """A step of whole pixels in any direction."""
    angle, length = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(least, most)
    return round(length * math.sin(angle)), round(length * math.cos(angle))


def _with_light(stamp: Stamp, light: NDArray[np.float32], rng: Generator) -> Stamp:
    """More light, with as much noise of its own as the stamp's brightest pixels have of theirs."""
    sky = np.median(stamp.sigma, axis=(0, 1))
    peak = np.maximum(stamp.image.max(axis=(0, 1)), sky)
    photons = np.maximum(stamp.sigma.max(axis=(0, 1)) ** 2 - sky**2, 0.0) / peak
    variance = photons * np.maximum(light, 0.0)
    noise = np.sqrt(variance) * rng.standard_normal(light.shape)
    sigma = np.sqrt(stamp.sigma**2 + variance)
    return stamp._replace(image=_plain(stamp.image + light + noise), sigma=_plain(sigma))


def _point(size: int, psf: NDArray[np.float32], apart: float, angle: float) -> NDArray[np.float32]:
    """A point of the light 1 that lies `apart` pixels from the centre of a stamp of even side."""
    wide = np.zeros((size, size))
    edge = size // 2 - len(psf) // 2
    wide[edge : edge + len(psf), edge : edge + len(psf)] = psf
    by = (apart * math.sin(angle) - 0.5, apart * math.cos(angle) - 0.5)
    return _plain(shift(wide, by, order=3))


def _near(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    edge = (len(image) - side) // 2
    return image[edge : edge + side, edge : edge + side]


def _plain(array: NDArray[np.floating]) -> NDArray[np.float32]:
    return array.astype(np.float32)
