"""Smooth: a point or an ellipse of smooth light behind a PSF, fitted to many stamps at once.

The light is a sum of Gaussians of one centre and one shape, the narrowest of which is a point, with
fluxes that may not be negative, and a constant sky: such sums come near to any Sersic profile (Hogg
& Lang 2013, PASP 125, 719). Profiles are drawn as Fourier series, exactly moved and convolved.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float32]
Waves = NDArray[np.complex64]

SCALES = np.array([0.0, 0.3, 1.2, 5.0], np.float32)  # of the shape's variances; 0 is a point
MARGIN = 16  # pixels beyond a stamp after which the series repeats: a PSF's half width and more
FURTHEST = 5.0  # pixels that a source may lie off the stamp's centre
_FIRST_VARIANCES = (0.3, 2.0, 10.0)  # pixel^2, of which the best is where a fit begins
_LEAST_VARIANCE, _MOST_VARIANCE = 0.02, 60.0  # pixel^2
_STEPS = 4  # of Gauss and Newton
_DAMPING, _RIDGE = 0.05, 1e-5  # of a step; of fluxes that the pixels cannot tell apart


class Shape(NamedTuple):
    """Places from the stamp's centre in pixels and variances in pixel^2 of n sources, (n,) each."""

    x: Array
    y: Array
    xx: Array
    xy: Array
    yy: Array

    @classmethod
    def round(cls, count: int, variance: float) -> "Shape":
        """Round sources at the centre."""
        zero, wide = np.zeros(count, np.float32), np.full(count, variance, np.float32)
        return cls(zero, zero, wide, zero, wide)

    def kept_within(self) -> "Shape":
        """The nearest shape that can be one: near the centre, no axis of it without a length."""
        x, y = (np.clip(each, -FURTHEST, FURTHEST) for each in (self.x, self.y))
        xx, yy = (np.clip(each, _LEAST_VARIANCE, _MOST_VARIANCE) for each in (self.xx, self.yy))
        most = np.sqrt((xx - 0.5 * _LEAST_VARIANCE) * (yy - 0.5 * _LEAST_VARIANCE))
        return Shape(x, y, xx, np.clip(self.xy, -most, most), yy)

    def where(self, these: NDArray[np.bool_], other: "Shape") -> "Shape":
        """These of the sources of `self`, the others of `other`."""
        return Shape(*(np.where(these, a, b) for a, b in zip(self, other, strict=True)))


class Explained(NamedTuple):
    """What sums of profiles find in m stamps.

    fluxes: (m, K). light, model: (m, W, W), without the sky and with it. gain: by how much chi^2 is
    less than that of nothing, (m,).
    """

    fluxes: Array
    light: Array
    model: Array
    gain: NDArray[np.float64]


def waves_of(psf: Array, window: int) -> Waves:
    """The Fourier series of PSFs (..., P, P), P odd, for stamps of `window` pixels a side."""
    period = window + MARGIN
    middle = psf.shape[-1] // 2
    half = min(middle, period // 2 - 1)
    inner = slice(middle - half, middle + half + 1)
    wide = np.zeros((*psf.shape[:-2], period, period), np.float32)
    wide[..., : 2 * half + 1, : 2 * half + 1] = psf[..., inner, inner]
    waves = fft.rfft2(np.roll(wide, (-half, -half), (-2, -1)))
    waves[..., period // 2, :] = 0.0  # half of a wave cannot be moved
    waves[..., -1] = 0.0
    return np.asarray(waves, np.complex64)


def profiles(waves: Waves, shape: Shape, scales: Array = SCALES) -> Array:
    """The profiles (n, bands, K, W, W) of the sum 1 each; waves (n, bands, L, L / 2 + 1)."""
    moved = waves * _phases(waves, shape)[:, np.newaxis]
    widened = np.exp(scales[:, np.newaxis, np.newaxis] * _exponents(waves, shape)[:, np.newaxis])
    return _drawn(moved[:, :, np.newaxis] * widened[:, np.newaxis])


def explained(drawn: Array, pixels: Array, weight: Array) -> Explained:
    """The fluxes, none negative, and the sky that leave the least of stamps' chi^2.

    drawn: (m, K, W, W) profiles. pixels, weight: (m, W, W), one over the variance or 0. Of the sets
    of profiles that have any flux, all are tried: the best is the exact solution.
    """
    count, number = drawn.shape[:2]
    design = np.concatenate(
        [drawn.reshape(count, number, -1), np.ones((count, 1, pixels[0].size), np.float32)], axis=1
    )
    flat = weight.reshape(count, 1, -1)
    weighted = design * flat
    normal = np.matmul(weighted, design.transpose(0, 2, 1)).astype(np.float64)
    right = np.matmul(weighted, pixels.reshape(count, -1, 1))[..., 0].astype(np.float64)
    normal += _ridge(normal)
    best, gain = np.zeros_like(right), np.full(count, -np.inf)
    for chosen in product((False, True), repeat=number):
        held = np.array([*chosen, True])
        part = np.where(held[:, np.newaxis] & held, normal, np.eye(number + 1))
        found = np.linalg.solve(part, (right * held)[..., np.newaxis])[..., 0]
        gained = np.where((found[:, :-1] >= 0).all(axis=1), (found * right).sum(axis=1), -np.inf)
        better = gained > gain
        best[better], gain[better] = found[better], gained[better]
    fluxes = best.astype(np.float32)
    light = np.matmul(fluxes[:, np.newaxis, :-1], design[:, :-1]).reshape(pixels.shape)
    return Explained(fluxes[:, :-1], light, light + fluxes[:, -1, np.newaxis, np.newaxis], gain)


def fitted(pixels: Array, weight: Array, waves: Waves) -> Shape:
    """The shape that explains stamps of one band best: pixels, weight (n, W, W), waves (n, L, .).

    The best of round ones, improved by damped steps of Gauss and Newton, each of which frees the
    fluxes, too; the best that was met is kept.
    """
    count = len(pixels)
    shape, gain = Shape.round(count, _FIRST_VARIANCES[0]), np.full(count, -np.inf)
    for variance in _FIRST_VARIANCES:
        tried = Shape.round(count, variance)
        found = explained(profiles(waves[:, np.newaxis], tried)[:, 0], pixels, weight)
        shape = tried.where(found.gain > gain, shape)
        gain = np.maximum(found.gain, gain)
    best, tried = shape, shape
    for _ in range(_STEPS):
        drawn = profiles(waves[:, np.newaxis], tried)[:, 0]
        found = explained(drawn, pixels, weight)
        best, gain = tried.where(found.gain >= gain, best), np.maximum(found.gain, gain)
        tried = _stepped(tried, drawn, found, pixels, weight, waves)
    found = explained(profiles(waves[:, np.newaxis], tried)[:, 0], pixels, weight)
    return tried.where(found.gain >= gain, best)


def places(waves: Waves, shape: Shape, fluxes: Array) -> Array:
    """The derivatives (n, bands, 2, W, W) of sums of profiles by x and y; fluxes (n, bands, K)."""
    summed = _summed(waves, shape, fluxes)
    kx, ky = _steps(waves)
    along = np.stack(np.broadcast_arrays(-2j * np.pi * kx, -2j * np.pi * ky)).astype(np.complex64)
    return _drawn(summed[:, :, np.newaxis] * along)


def _stepped(
    shape: Shape, drawn: Array, found: Explained, pixels: Array, weight: Array, waves: Waves
) -> Shape:
    """The shape after a step of Gauss and Newton."""
    count = len(pixels)
    derivatives = _derivatives(waves, shape, found.fluxes)
    ones = np.ones((count, 1, *pixels.shape[1:]), np.float32)
    design = np.concatenate([derivatives, drawn, ones], axis=1).reshape(count, -1, pixels[0].size)
    weighted = design * weight.reshape(count, 1, -1)
    normal = np.matmul(weighted, design.transpose(0, 2, 1)).astype(np.float64)
    left = (pixels - found.model).reshape(count, -1, 1)
    right = np.matmul(weighted, left).astype(np.float64)
    diagonal = np.einsum("nii->ni", normal)
    diagonal[:, :5] *= 1.0 + _DAMPING
    normal += _ridge(normal)
    step = np.linalg.solve(normal, right)[:, :5, 0].astype(np.float32)
    size = 0.5 * (shape.xx + shape.yy) + 0.3
    most = np.stack([np.ones_like(size)] * 2 + [size] * 3, axis=1)
    step = np.clip(step, -most, most)
    return Shape(*(a + b for a, b in zip(shape, step.T, strict=True))).kept_within()


def _derivatives(waves: Waves, shape: Shape, fluxes: Array) -> Array:
    """Derivatives (n, 5, W, W) of sums of profiles in one band, by what a shape has."""
    kx, ky = _steps(waves)
    summed = _summed(waves[:, np.newaxis], shape, fluxes[:, np.newaxis])[:, 0]
    widened = _summed(waves[:, np.newaxis], shape, fluxes[:, np.newaxis] * SCALES)[:, 0]
    a = np.float32(-2.0 * np.pi**2)
    parts = [
        *(summed * np.complex64(-2j * np.pi) * k for k in (kx, ky)),
        *(widened * (a * k) for k in (kx * kx, 2.0 * kx * ky, ky * ky)),
    ]
    return _drawn(np.stack(parts, axis=1))


def _summed(waves: Waves, shape: Shape, fluxes: Array) -> Waves:
    """The series of sums of profiles (n, bands, L, .); fluxes (n, bands, K)."""
    widened = np.exp(SCALES[:, np.newaxis, np.newaxis] * _exponents(waves, shape)[:, np.newaxis])
    mixed = np.einsum("nbk,nkij->nbij", fluxes, widened)
    return np.asarray(waves * _phases(waves, shape)[:, np.newaxis] * mixed, np.complex64)


def _steps(waves: Waves) -> tuple[Array, Array]:
    """Frequencies along x, (1, L / 2 + 1), and along y, (L, 1)."""
    period = waves.shape[-2]
    kx = fft.rfftfreq(period).astype(np.float32)[np.newaxis]
    return kx, fft.fftfreq(period).astype(np.float32)[:, np.newaxis]


def _phases(waves: Waves, shape: Shape) -> Waves:
    """What moves a profile to its place in a stamp's window, (n, L, L / 2 + 1)."""
    kx, ky = _steps(waves)
    centre = (waves.shape[-2] - MARGIN - 1) / 2.0
    turn = np.float32(-2.0 * np.pi)
    x, y = ((each + np.float32(centre))[:, np.newaxis, np.newaxis] for each in (shape.x, shape.y))
    return np.asarray(np.exp(1j * (turn * kx * x)) * np.exp(1j * (turn * ky * y)), np.complex64)


def _exponents(waves: Waves, shape: Shape) -> Array:
    """Logarithms of what convolves with a Gaussian of the shape, (n, L, L / 2 + 1)."""
    kx, ky = _steps(waves)
    xx, xy, yy = (each[:, np.newaxis, np.newaxis] for each in (shape.xx, shape.xy, shape.yy))
    squares = xx * (kx * kx) + xy * (2.0 * kx * ky) + yy * (ky * ky)
    return np.asarray(-2.0 * np.pi**2 * squares, np.float32)


def _drawn(waves: Waves) -> Array:
    """Series as pixels of the window."""
    window = waves.shape[-2] - MARGIN
    period = (waves.shape[-2], waves.shape[-2])
    return np.asarray(fft.irfft2(waves, s=period)[..., :window, :window], np.float32)


def _ridge(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """A little on the diagonal of normal equations (n, J, J)."""
    diagonal = np.einsum("nii->ni", normal)
    least = np.maximum(_RIDGE * diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-30)
    return least[..., np.newaxis] * np.eye(normal.shape[-1])
