"""A camera: pixels, PSFs and noise of the stamps that are cut from an image, for a simulation."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from halflight.images import Cutouts
from halflight.instrument import Instrument
from halflight.measuring import Targets
from halflight.measuring.run import NOISE_MAGNITUDE
from halflight.psf import psf_half_light_radius
from halflight.quality import FLAGS

MOST_SIGHTS = 64  # stamps of an image that tell how its PSF and its noise vary over it
_DARK = 0.25  # of a stamp's pixels have no light, however crowded it is: those of the least sigma
_LIGHT = 10.0  # sigmas above a stamp's median: pixels whose photons count
_LEAST_PIXELS = 30  # such pixels, to tell a share of photons
_FEWEST = 1e-3  # of the sky's variance, from photons of light of _LIGHT sigmas: less is none
_UNUSABLE = FLAGS["no_pixels"] | FLAGS["not_measured"]


@dataclass(frozen=True)
class Camera:
    """What the stamps of one image were taken with, n of them, each in its own pixels.

    Attributes:
        instrument: of unbinned stamps. Where the image tells no zero point, one that makes it as
            deep as SDSS: so the measurement of such images takes it, too.
        psfs: (n, P, P) float64, the pixel's response included, the sum 1, centred.
        noise: (n,) sigma of a pixel without light, in the instrument's unit.
        photons: variance that one unit of light adds to a pixel's, in that unit; 0: none is told.
        binning: (n,) image pixels along the side of one of the stamp.
    """

    instrument: Instrument
    psfs: NDArray[np.float64]
    noise: NDArray[np.float64]
    photons: float
    binning: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.psfs)

    def of_binning(self, binning: int) -> Instrument:
        """The instrument of stamps whose pixels are so many of the image's wide."""
        return replace(self.instrument, pixel_scale=self.instrument.pixel_scale * float(binning))

    def psf_radii(self) -> NDArray[np.float64]:
        """Half-light radii of the PSFs in pixels of the stamps, (n,)."""
        return np.array([psf_half_light_radius(psf, 1.0) for psf in self.psfs])

    def describe(self) -> str:
        """What is simulated for, in words."""
        radii, scale = self.psf_radii(), self.instrument.pixel_scale
        photons = (
            f"one unit of light adds {self.photons:.3g} to a pixel's variance"
            if self.photons
            else "the noise map holds no photons of the sources"
        )
        binned = "" if (self.binning == 1).all() else f", binned by up to {self.binning.max()}"
        return (
            f"pixels of {scale:.4g} arcsec{binned}; {len(self)} PSFs of half-light radii "
            f"{radii.min():.2f} to {radii.max():.2f} pixels; noise {self.noise.min():.4g} to "
            f"{self.noise.max():.4g} {self.instrument.unit} a pixel; {photons}"
        )


def camera_of(targets: Targets) -> Camera:
    """The camera that the stamps of these sources show.

    Raises:
        ValueError: no stamp can be cut, has noise, or has a PSF with a half-light radius.
    """
    psfs, noise, binning, added, shares = [], [], [], [], []
    for image, sigma, psf, bins in _sights(targets):
        usable = np.isfinite(image) & np.isfinite(sigma) & (sigma > 0)
        if usable.mean() < 0.5:
            continue
        values, errors = image[usable].astype(np.float64), sigma[usable].astype(np.float64)
        above = values - np.median(values)
        level = float(np.quantile(errors, _DARK))
        bright = above > _LIGHT * level
        added.append((errors[bright] ** 2 - level**2) / above[bright])
        shares.append(added[-1] / level)
        psfs.append(psf.astype(np.float64) / psf.sum(dtype=np.float64))
        noise.append(level)
        binning.append(bins)
    if not psfs:
        raise ValueError(
            f"{targets.image}: no source of {len(targets.sources)} has a stamp with half of its "
            "pixels usable: nothing tells its noise and PSF; give a catalogue of sources inside"
        )
    camera = Camera(
        targets.instrument,
        np.stack(psfs),
        np.array(noise),
        _photons(targets, np.concatenate(added), np.concatenate(shares)),
        np.array(binning, np.int64),
    )
    camera.psf_radii()  # raises for a PSF that has none
    if targets.has_zero_point:
        return camera
    unbinned = float(np.median(camera.noise / camera.binning))
    deep = NOISE_MAGNITUDE + 2.5 * math.log10(unbinned)
    return replace(camera, instrument=replace(camera.instrument, zero_point=deep))


def _sights(targets: Targets) -> Iterator[tuple[NDArray[np.float32], ...]]:
    """Image, sigma, PSF and binning of sources all over the image, MOST_SIGHTS at most."""
    inside = np.flatnonzero(targets.flags & _UNUSABLE == 0)
    places = np.linspace(0, len(inside) - 1, min(len(inside), MOST_SIGHTS)).round().astype(int)
    cuts: Iterator[Cutouts] = targets.cut(inside[places]) if len(inside) else iter(())
    for cut in cuts:
        yield from zip(cut.image, cut.sigma, cut.psf, cut.binning, strict=True)


def _photons(targets: Targets, added: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Variance of a unit of light: as the noise map has it, else as the gain has it, else 0.

    added: variance over light of bright pixels; shares: the same over the noise of their stamps.
    """
    opened = targets.field
    if (opened is None or not opened.measured_noise) and len(added) >= _LEAST_PIXELS:
        told = float(np.median(shares)) * _LIGHT > _FEWEST
        return float(np.median(added)) if told else 0.0
    return 0.0 if opened is None or opened.gain is None else 1.0 / opened.gain
