"""How each synthetic field was observed: its seeing over the field, its calibration and sky."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import (
    BANDS,
    FRAME_SHAPE,
    PIXEL_SCALE,
    Exposure,
    dark_variance,
    flux_of,
    gain,
)
from halflight.sandbox.layout import FieldKey, Strip
from halflight.sandbox.streams import Purpose, stream
from halflight.simulation.psf import gaussian_sigmas
from halflight.simulation.scene import Psf

if TYPE_CHECKING:
    from halflight.params.sandbox import Camera, Seeing


QUICK_BETAS = (2.5, 3.5, 4.5)


@dataclass(frozen=True)
class FieldPsf:
    """The PSF as a smooth function of place in one field and band.

    `terms` has a row for each of ln width, e1 and e2, and a column for each of 1, x, y, x^2, xy,
    y^2, where x and y run from -1 to 1 along columns and rows.
    """

    shape: Psf
    terms: NDArray[np.float64]

    def at(self, x: float, y: float) -> Psf:
        """The PSF at 0-based pixel (column x, row y)."""
        u, v = 2 * x / (FRAME_SHAPE[1] - 1) - 1, 2 * y / (FRAME_SHAPE[0] - 1) - 1
        log_width, e1, e2 = (float(t) for t in self.terms @ [1, u, v, u * u, u * v, v * v])
        base = self.shape
        return Psf(
            kind=base.kind,
            width=math.exp(log_width),
            e1=e1,
            e2=e2,
            sigma_ratio=base.sigma_ratio,
            wing_ratio=base.wing_ratio,
            beta=base.beta,
        )

    @property
    def centre(self) -> Psf:
        """The PSF at the centre of the field."""
        return self.at((FRAME_SHAPE[1] - 1) / 2, (FRAME_SHAPE[0] - 1) / 2)

    @property
    def two_gaussians(self) -> tuple[float, float, float]:
        """sigma1, sigma2 (arcsec) and b of the central double Gaussian; -9999 for a Moffat."""
        centre = self.centre
        if centre.kind != "double_gaussian":
            return -9999.0, -9999.0, -9999.0
        return (*gaussian_sigmas(centre), centre.wing_ratio)


def field_psf(key: FieldKey, strip: Strip, band: str, *, seed: int, seeing: "Seeing") -> FieldPsf:
    """Draw a field's PSF: alike along a strip, drifting from field to field and over each field."""
    of_strip = stream(seed, Purpose.SEEING, strip.number, 0, BANDS.index(band))
    rng = stream(
        seed, Purpose.SEEING, strip.number, key.field - strip.first_field + 1, BANDS.index(band)
    )
    terms = np.zeros((3, 6))
    terms[0, 0] = math.log(seeing.width[band]) + seeing.strip_scatter * of_strip.standard_normal()
    terms[1:, 0] = seeing.ellipticity * of_strip.standard_normal(2)
    moffat = bool(of_strip.random() < seeing.moffat_fraction)
    (ratio, ratio_sd), (wing, wing_sd), (beta, beta_sd) = (
        seeing.sigma_ratio,
        seeing.wing_ratio,
        seeing.beta,
    )
    shape = Psf(
        kind="moffat" if moffat else "double_gaussian",
        width=seeing.width[band],
        sigma_ratio=max(1.2, ratio + ratio_sd * float(of_strip.standard_normal())),
        wing_ratio=max(0.02, wing + wing_sd * float(of_strip.standard_normal())),
        beta=_quick_beta(beta + beta_sd * float(of_strip.standard_normal())),
    )
    terms[0, 0] += seeing.field_scatter * rng.standard_normal()
    terms[0, 1:] = seeing.width_variation * rng.standard_normal(5)
    terms[1:, 1:] = seeing.ellipticity_variation * rng.standard_normal((2, 5))
    return FieldPsf(shape, terms)


def _quick_beta(beta: float) -> float:
    """The nearest exponent whose transform has a closed form: others take ten times as long."""
    return min(QUICK_BETAS, key=lambda quick: abs(quick - beta))


@dataclass(frozen=True)
class FieldCalibration:
    """One field's calibration (nmgy per count: mean, and for each of 2048 columns) and sky.

    `all_sky` is the sky (counts per pixel) on SDSS's 192 x 256 grid; grid position
    (`y_places`[row], `x_places`[column]) belongs to a pixel of the frame.
    """

    nmgy_per_count: float
    columns: NDArray[np.float32]
    all_sky: NDArray[np.float32]
    gain: float
    dark_variance: float

    @property
    def sky(self) -> float:
        """Mean sky in counts per pixel."""
        return float(self.all_sky.mean())

    @property
    def exposure(self) -> Exposure:
        """The calibration of every pixel of the frame."""
        return Exposure(self.columns[None, :], self.sky_image(), self.gain, self.dark_variance)

    def sky_image(self) -> NDArray[np.float32]:
        """The sky (counts) of every pixel: bilinear, as the SDSS frame data model says."""
        return _stretch(_stretch(self.all_sky, y_places()).T, x_places()).T


def x_places() -> NDArray[np.float32]:
    """Grid position of every column (XINTERP of a real frame: 1/8 of a pixel, centred)."""
    return ((np.arange(FRAME_SHAPE[1]) + 0.5) / 8 - 0.5).astype(np.float32)


def y_places() -> NDArray[np.float32]:
    """Grid position of every row (YINTERP of a real frame)."""
    return ((np.arange(FRAME_SHAPE[0]) + 0.5) / 8 + 0.5).astype(np.float32)


def field_calibration(
    key: FieldKey, strip: Strip, band: str, *, seed: int, camera: "Camera"
) -> FieldCalibration:
    """Draw one field's calibration and sky."""
    place = (strip.number, key.field - strip.first_field, BANDS.index(band))
    rng = stream(seed, Purpose.EXPOSURE, *place)
    mean = camera.nmgy_per_count[band] * math.exp(
        camera.calibration_scatter * rng.standard_normal()
    )
    along = np.arange(FRAME_SHAPE[1]) / FRAME_SHAPE[1]
    wave = np.sin(2 * np.pi * (along * rng.uniform(0.5, 2.0) + rng.random()))
    columns = mean * (1 + camera.column_scatter * wave)
    brightness = flux_of(camera.sky_magnitude[band]) * PIXEL_SCALE**2
    level = brightness / mean * math.exp(camera.sky_scatter * rng.standard_normal())
    slope_y, slope_x = camera.sky_slope * rng.standard_normal(2)
    y, x = np.linspace(-0.5, 0.5, 192), np.linspace(-0.5, 0.5, 256)
    return FieldCalibration(
        nmgy_per_count=float(mean),
        columns=columns.astype(np.float32),
        all_sky=(level * (1 + slope_y * y[:, None] + slope_x * x[None, :])).astype(np.float32),
        gain=gain(band, key.camcol, key.run),
        dark_variance=dark_variance(band, key.camcol, key.run),
    )


def _stretch(grid: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear interpolation along the first axis, clamped at its ends."""
    inside = np.clip(places, 0, len(grid) - 1)
    low = np.minimum(inside.astype(int), len(grid) - 2)
    weight = (inside - low).astype(np.float32)[:, None]
    return grid[low] * (1 - weight) + grid[low + 1] * weight
