"""Data quality: what a stamp's own pixels and PSF say against any measurement of it."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtrc

from halflight.psf import psf_offset

PSF_SUM_TOLERANCE = 0.02  # a normalised PSF of SDSS is that of its float32 numbers, some 1e-7
# Pixels from the light's centroid to the middle pixel: at 0.25 the PSF's half-light radius about
# the middle is 1 % too large; half a pixel is what an even grid, read as an odd one, is off by.
PSF_OFFSET_TOLERANCE = 0.25
# A flux of less than 5 sigma in every aperture at the stamp's centre is no detection.
LEAST_SIGNIFICANCE = 5.0
# Of the darkest corner's median, in sigmas of a pixel. SDSS's sky is left with some 0.07; of the
# simulated stamps, whose galaxies are as large as 12 arcsec, 0.8 % have more light in every corner.
SKY_TOLERANCE = 0.6
# Pixels' scatter over their sigma in the quietest, and in the loudest, corner: that of honest
# stamps lies within 0.75 to 1.12, and above 0.84.
MOST_SCATTER, LEAST_SCATTER = 1.5, 0.6
# A pixel 6 sigma below the sky is no noise (1 in 10^9): dead, or a value that stands for none.
HOLE_DEPTH, MOST_HOLES = 6.0, 1e-3
# Pixels near the centre that share the largest value: of noise none do, of a clipped core many. Of
# integer counts some do by chance, and more than chance allows, but once in a million, are a clip;
# where nearly all of the stamp do, there is no core that could be.
LEAST_PLATEAU, PLATEAU_CHANCE, MOST_PLATEAU = 3, 1e-6, 0.9

_APERTURE_PIXELS = (1.5, 3.0, 6.0)  # standard deviations of the Gaussians that weigh the flux
_REACH_PIXELS = 18  # three standard deviations of the widest
_CORNER_SHARE = 6  # a corner is a square of a sixth of the stamp's side
_LEAST_PIXELS = 20  # usable ones, for a corner to say anything

_CORE_PIXELS = 4.0  # about the centre: where a star's light is
# A plateau of 95 % of the peak: SDSS's narrowest PSFs have 1 to 3 such pixels, its widest 5. Of a
# peak of 300 sigma, above which a pixel of SDSS may be full.
_PLATEAU, _MOST_PEAK_PIXELS, _BRIGHT = 0.95, 9, 300.0
# SDSS fills the full pixels of a core in from those around: such a star has a hollow where another
# band, which is not full, has its peak. 200 sigma, as what was filled in has no photons of its own.
_HOLLOW, _HOLLOW_BRIGHT, _CORE_OF_LIGHT = 0.65, 200.0, 7.0
# What is another source: beyond 6 pixels, in sums of 3 x 3 pixels.
_NEIGHBOUR_PIXELS, _NEIGHBOUR_SIGNIFICANCE, _NEIGHBOUR_SHARE = 6.0, 10.0, 0.5

FLAGS = {
    "bad_pixels": 1,  # more bad pixels than the preparation allows
    "psf_out_of_range": 2,  # no training stamp had a PSF of this size
    "value_out_of_range": 4,  # no training object had a value such as one that was measured
    "not_measured": 8,  # no usable pixel, or a PSF that is none: the row is NaN
    "psf_not_normalised": 16,  # the PSF's sum is not 1: it was cut, or never normalised
    "psf_off_centre": 32,  # the PSF's light does not lie round its middle pixel
    "not_significant": 64,  # there is no source of 5 sigma at the stamp's centre
    "sky_not_zero": 128,  # all corners hold light: the sky, or an object larger than the stamp
    "noise_unlike_sigma": 256,  # the sky scatters otherwise than sigma says, or has holes
    "not_fitted": 512,  # the scene fit found no answer, and the network's stands alone
    "methods_disagree": 1024,  # network and scene fit are further apart than their errors allow
    "edge": 2048,  # the stamp reaches beyond the image: what lies there is unknown
    "masked": 4096,  # bad pixels in the source itself
    "saturated": 8192,  # a pixel of the source is full: its light is not all there
    "neighbour": 16384,  # another source overlaps this one's light
    "larger_than_stamp": 32768,  # its light goes on beyond the largest stamp that can be cut
    "unresolved": 65536,  # as sharp as the PSF: a star, or a galaxy too small to measure
    "psf_doubtful": 131072,  # the PSF is of few stars, or had to be guessed at in part
    "noise_measured": 262144,  # no map of the noise came with the image: sigma is the sky's scatter
    "no_zero_point": 524288,  # nothing says what a number is worth: no magnitude
    "no_pixel_scale": 1048576,  # nothing says how large a pixel is: pixels alone, no arcsec
    "no_orientation": 2097152,  # nothing says where north is: no position angle on the sky
    "zero_point_doubtful": 4194304,  # taken from a keyword that each pipeline uses in its own way
    "no_pixels": 8388608,  # the source lies outside the image, or has no position
    "missing_band": 16777216,  # at least one of the bands that the network knows is not there
    "no_extinction": 33554432,  # nothing says how much dust lies before it: not corrected for
    "undecided": 67108864,  # neither class is as probable as a decision needs
    "out_of_domain": 134217728,  # less like known galaxies than 99 % of these are (`domain`)
}
"""Bits of a measurement's column `flags`: what it cannot know by its own error bar."""


def psf_flags(
    psf: NDArray[np.floating], there: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Flags of PSF stamps, (n,): `psf_not_normalised`, `psf_off_centre` in any band.

    psf: (n, P, P, bands), finite, of a positive sum where they are `there` (n, bands; None: all).
    """
    unlike = np.abs(psf.sum(axis=(1, 2), dtype=np.float64) - 1) > PSF_SUM_TOLERANCE
    apart = psf_offset(psf) > PSF_OFFSET_TOLERANCE
    if there is not None:
        unlike, apart = unlike & there, apart & there
    return _flagged(psf_not_normalised=unlike.any(axis=1), psf_off_centre=apart.any(axis=1))


def pixel_flags(image: NDArray[np.floating], sigma: NDArray[np.floating]) -> NDArray[np.int64]:
    """Flags of stamps by their pixels, (n,): `not_significant` in every band, the others in any.

    Those others are `sky_not_zero`, `noise_unlike_sigma` and `saturated`.

    image, sigma: (n, S, S, bands) of one unit; NaN, an infinite sigma or a mask marks a bad pixel.
    A corner without 20 usable pixels says nothing.
    """
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and so bad
        image, noise = (np.ma.filled(array, np.nan).astype(np.float32) for array in (image, sigma))
        usable = np.isfinite(image) & np.isfinite(noise) & (noise > 0)
        ratio = np.divide(image, noise, out=np.full_like(image, np.nan), where=usable)
    usable &= np.isfinite(ratio)
    ratio[~usable] = np.nan
    level, scatter = _corners(ratio)
    darkest, brightest = np.fmin.reduce(level, axis=1), np.fmax.reduce(level, axis=1)
    quietest, loudest = np.fmin.reduce(scatter, axis=1), np.fmax.reduce(scatter, axis=1)
    sky = (darkest > SKY_TOLERANCE) | (brightest < -SKY_TOLERANCE)
    unlike = (quietest > MOST_SCATTER) | (loudest < LEAST_SCATTER)
    unlike |= (ratio < -HOLE_DEPTH).mean(axis=(1, 2)) > MOST_HOLES
    faint = _significance(ratio, noise, usable) < LEAST_SIGNIFICANCE
    return _flagged(
        not_significant=faint.all(axis=1),
        sky_not_zero=sky.any(axis=1),
        noise_unlike_sigma=unlike.any(axis=1),
        saturated=_clipped(image, noise, usable).any(axis=1),
    )


def source_flags(image: NDArray[np.floating], sigma: NDArray[np.floating]) -> NDArray[np.int64]:
    """Flags of the source at a stamp's centre by its pixels, (n,), each in any band.

    `masked`: bad pixels within 4 of the centre, of a band that has good ones there; `saturated`: a
    bright plateau, or a hollow, where a PSF has a peak; `neighbour`: light of another source of 10
    sigma and half of this one's. image, sigma: as of `pixel_flags`.
    """
    with np.errstate(over="ignore"):
        image, noise = (np.ma.filled(array, np.nan).astype(np.float32) for array in (image, sigma))
        usable = np.isfinite(image) & np.isfinite(noise) & (noise > 0)
        ratio = np.divide(image, noise, out=np.zeros_like(image), where=usable)
    light = np.where(usable, image, 0.0)
    offset = np.arange(image.shape[1]) - (image.shape[1] - 1) / 2.0
    apart = np.hypot(offset, offset[:, np.newaxis])
    core = apart <= _CORE_PIXELS
    bad = ~usable[:, core]
    peak = light[:, core].max(axis=1)  # (n, bands)
    high = light >= _PLATEAU * peak[:, np.newaxis, np.newaxis]
    plateau = (high & core[..., np.newaxis]).sum(axis=(1, 2)) >= _MOST_PEAK_PIXELS
    bright = ratio[:, core].max(axis=1) > _BRIGHT
    plateau_or_hollow = (plateau & bright) | _hollow(light, ratio, apart)
    smooth = _boxed(ratio * usable)
    around = np.where((apart > _NEIGHBOUR_PIXELS)[..., np.newaxis], smooth, 0.0).max(axis=(1, 2))
    centre = smooth[:, core].max(axis=1)
    other = (around > _NEIGHBOUR_SIGNIFICANCE) & (around > _NEIGHBOUR_SHARE * centre)
    return _flagged(
        masked=np.asarray(bad.any(axis=1) & ~bad.all(axis=1)).any(axis=1),
        saturated=np.asarray(plateau_or_hollow).any(axis=1),
        neighbour=np.asarray(other).any(axis=1),
    )


def names_of(flags: int) -> list[str]:
    """The names of the bits that are set, in the order of `FLAGS`."""
    return [name for name, bit in FLAGS.items() if flags & bit]


def _flagged(**which: Any) -> NDArray[np.int64]:
    """The sum of the named flags where each applies."""
    flags = [np.where(applies, FLAGS[name], 0) for name, applies in which.items()]
    return np.asarray(np.sum(flags, axis=0), np.int64)


def _corners(ratio: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and scatter of the corners of stamps, each (n, 4, bands); NaN for too few pixels.

    The scatter is 1.4826 times the median absolute deviation: sources hardly count.
    """
    width = max(ratio.shape[1] // _CORNER_SHARE, 1)
    ends = (slice(None, width), slice(-width, None))
    squares = [ratio[:, rows, columns] for rows in ends for columns in ends]
    pixels = np.stack([s.reshape(len(s), width**2, -1) for s in squares], axis=1)
    silent = np.isfinite(pixels).sum(axis=2) < _LEAST_PIXELS
    pixels = np.where(silent[:, :, np.newaxis], 0.0, pixels)
    level = np.nanmedian(pixels, axis=2)
    scatter = 1.4826 * np.nanmedian(np.abs(pixels - level[:, :, np.newaxis]), axis=2)
    return np.where(silent, np.nan, level), np.where(silent, np.nan, scatter)


def _clipped(
    image: NDArray[np.float32], noise: NDArray[np.float32], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the brightest pixels near a stamp's centre are several of one value, (n, bands)."""
    middle = _middle(image.shape[1])
    light = np.where(usable, image, -np.inf)[:, middle, middle]
    largest = light.max(axis=(1, 2), keepdims=True)
    at = light == largest
    clipped = (at.sum(axis=(1, 2)) >= LEAST_PLATEAU) & (largest[:, 0, 0] > 0)
    for n, band in zip(*np.nonzero(clipped), strict=True):
        sigma = np.median(noise[n, middle, middle, band][at[n, ..., band]])
        seen = image[n, ..., band][usable[n, ..., band]]
        clipped[n, band] = _is_plateau(largest[n, 0, 0, band], sigma, seen)
    return clipped


def _is_plateau(value: np.float32, sigma: np.float32, stamp: NDArray[np.float32]) -> bool:
    """Whether more of a stamp's usable pixels have this value than chance allows.

    value: the largest of a source, of such a noise. Chance shares out the pixels that are up to a
    sigma fainter among the values that there may be: at the top of a galaxy none is more frequent
    than those a little below. These values are a step apart: 1 in counts, nearly that in counts of
    which a sky was taken, and next to nothing in real numbers. It is the widest gap among pixels
    where they lie densest, in the sky.
    """
    ranked = np.sort(stamp).astype(np.float64)
    count = np.count_nonzero(ranked == value)
    if count > MOST_PLATEAU * len(ranked):
        return False
    step = np.diff(ranked[len(ranked) // 10 : len(ranked) // 2 + 1]).max(initial=0.0)
    if step == 0.0:  # a sky of one value: the least that there is
        step = np.diff(np.unique(ranked)).min()
    reach = max(float(sigma), 2.0 * step)
    below = np.count_nonzero((ranked >= value - reach) & (ranked < value))
    return bool(pdtrc(count - 1, (below + 1) * step / reach) < PLATEAU_CHANCE)


def _hollow(
    light: NDArray[np.float32], ratio: NDArray[np.float32], apart: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a bright core has less light in its middle than beside it, (n, bands).

    Its middle is where the band has its peak whose core is the most compact: full cores lose their
    middle, and a band that is not full shows where it was. Of one band alone nothing is said.
    """
    edge = max(len(apart) // 2 - math.ceil(_CORE_OF_LIGHT) - 2, 0)  # a pixel more, for its box
    core = slice(edge, len(apart) - edge)
    light, ratio, apart = light[:, core, core], ratio[:, core, core], apart[core, core]
    reach = (apart <= _CORE_OF_LIGHT)[..., np.newaxis]
    inner = np.where(reach, np.maximum(_boxed(light) / 3.0, 0.0), 0.0)  # means of 3 x 3 pixels
    count, side, _, bands = inner.shape
    flat = inner.reshape(count, side * side, bands)
    peak, total = flat.max(axis=1), flat.sum(axis=1)  # (n, bands)
    compact = np.divide(peak, total, out=np.zeros_like(peak), where=total > 0)
    bright = np.where(reach, ratio, 0.0).max(axis=(1, 2)) > _HOLLOW_BRIGHT
    best = np.where(bright, compact, -1.0).argmax(axis=1)
    rows = np.arange(count)
    middle = flat[rows, flat[rows, :, best].argmax(axis=1)]
    return np.asarray(bright & (middle < _HOLLOW * peak))


def _middle(size: int) -> slice:
    """The rows, and columns, of a stamp in which its object's light is looked for."""
    edge = max(size // 2 - _REACH_PIXELS, 0)
    return slice(edge, size - edge)


def _significance(
    ratio: NDArray[np.float32], sigma: NDArray[np.float32], usable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The flux at a stamp's centre over its error, (n, bands): the most of the apertures'.

    The optimal estimate for a source of the aperture's profile, whose weights are profile over
    variance; 0 without a usable pixel.
    """
    middle = _middle(ratio.shape[1])
    ratio, sigma, usable = (
        ratio[:, middle, middle],
        sigma[:, middle, middle],
        usable[:, middle, middle],
    )
    offset = np.arange(ratio.shape[1]) - (ratio.shape[1] / 2.0 - 0.5)
    squared = offset**2 + offset[:, np.newaxis] ** 2
    ratio = np.where(usable, ratio, 0.0).astype(np.float64)
    inverse = np.divide(1.0, sigma, out=np.zeros(sigma.shape), where=usable)
    most = np.zeros((len(ratio), ratio.shape[-1]))
    for width in _APERTURE_PIXELS:
        weight = np.exp(-0.5 * squared / width**2)[..., np.newaxis] * inverse
        flux, error = (ratio * weight).sum(axis=(1, 2)), np.sqrt((weight**2).sum(axis=(1, 2)))
        np.maximum(most, np.divide(flux, error, out=np.zeros_like(most), where=error > 0), out=most)
    return most


def _boxed(ratio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sums over 3 x 3 pixels of stamps (n, S, S, bands), in units of the sum's noise."""
    padded = np.pad(ratio.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 3.0)
