"""A field: one image with its noise, bad pixels, sky coordinates and units, read by windows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from halflight.images.background import Background, measure_background
from halflight.images.coordinates import (
    SkyMap,
    orientation_of,
    scale_of,
)
from halflight.images.errors import ImageError
from halflight.images.heap import give_back
from halflight.images.parts import Parts
from halflight.instrument import Instrument
from halflight.quality import FLAGS

# Sigmas of one pixel that the sky may lie off zero before it is said so: half a stamp's.
SKY_TOLERANCE = 0.3
# Of the noise map over the measured scatter: drizzled pixels scatter by half of their sigma.
MOST_NOISE_RATIO, LEAST_NOISE_RATIO = 2.0, 0.5
# Of one pixel's scatter: a mesh that differs by more from the whole image's sky holds a galaxy.
STEEPEST = 3.0
LEAST_SIDE = 16  # pixels of an image in which a galaxy can be measured


@dataclass(frozen=True)
class Pixels:
    """A window of a field: image and sigma, float32 in the instrument's unit.

    Bad pixels are NaN in the image and infinite in sigma; `saturated` are bad for that reason.
    """

    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    saturated: NDArray[np.bool_]


@dataclass(frozen=True)
class Field:
    """One image as it can be measured.

    Attributes:
        path: of the file. shape: rows, columns. read_raw: image, sigma (None: measured) and masks.
        instrument: of the stamps; its zero point is 0 and its scale 1 where they are unknown.
        zero_point: AB magnitude of one unit, None where unknown.
        pixel_scale: arcsec, None where unknown.
        sky: pixels to ICRS and back, None where unknown.
        gain: electrons in one unit, None where unknown. saturation: in units, None where unknown.
        background: measured sky. subtracted: what of it `read` takes off (see Options.background).
        flags: that hold for every source. notes: what was assumed or is odd, one sentence each.
        files: that are mapped.
    """

    path: Path
    shape: tuple[int, int]
    raw: Callable[[slice, slice], Pixels]
    instrument: Instrument
    zero_point: float | None
    pixel_scale: float | None
    sky: SkyMap | None
    gain: float | None
    saturation: float | None
    background: Background
    subtracted: str = "keep"
    measured_noise: bool = False
    read_noise: float = 0.0
    flags: int = 0
    notes: list[str] = field(default_factory=list)
    files: list[Parts] = field(default_factory=list)

    @property
    def wcs(self) -> object | None:
        """The astropy WCS, None where there is none."""
        return None if self.sky is None else self.sky.wcs

    def level(self, x: float, y: float) -> float:
        """The sky, in units, that `read` leaves in round a pixel.

        That of the whole image, which a large galaxy changes least; where a local sky was asked
        for, that of the mesh there, unless it rises by more than a sky does: a galaxy fills it.
        """
        whole = self.background.median
        if self.subtracted != "local":
            return whole if self.subtracted == "keep" else 0.0
        row, column = min(max(int(y), 0), self.shape[0] - 1), min(max(int(x), 0), self.shape[1] - 1)
        [[here]] = self.background.level_at(slice(row, row + 1), slice(column, column + 1))
        return float(here) if abs(here - whole) < STEEPEST * self.background.scatter else whole

    def read(self, rows: slice, columns: slice) -> Pixels:
        """A window within the image, the sky taken off where that was asked for."""
        pixels = self.raw(rows, columns)
        image, sigma = pixels.image, pixels.sigma
        if self.measured_noise:
            sigma = self._measured(image, sigma, rows, columns)
        if self.subtracted == "global":
            image = image - np.float32(self.background.median)
        elif self.subtracted == "mesh":
            image = image - self.background.level_at(rows, columns)
        return replace(pixels, image=image, sigma=sigma)

    def _measured(
        self,
        image: NDArray[np.float32],
        sigma: NDArray[np.float32],
        rows: slice,
        columns: slice,
    ) -> NDArray[np.float32]:
        """Sigma from the sky's scatter and the photons above it: rms^2 + (image - sky) / gain.

        Where the gain is known the read-out noise is the least that the scatter can be.
        """
        variance = self.background.rms_at(rows, columns).astype(np.float64) ** 2
        if self.gain is not None:
            variance = np.maximum(variance, (self.read_noise / self.gain) ** 2)
            above = image - self.background.level_at(rows, columns)
            variance += np.maximum(np.nan_to_num(above), 0) / self.gain
        measured = np.sqrt(variance).astype(np.float32)
        return np.where(np.isfinite(sigma) & (measured > 0), measured, np.float32(np.inf))

    def scale_and_orientation(
        self, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Local arcsec a pixel, rotation [degrees] and parity, (n,) each; NaN and 0 if unknown.

        See `halflight.images.coordinates.orientation_of` for what turns an angle.
        """
        count = len(x)
        scale = np.full(count, np.nan if self.pixel_scale is None else self.pixel_scale)
        rotation, parity = np.full(count, np.nan), np.zeros(count, np.int64)
        if self.sky is None or self.sky.contradiction:
            return scale, rotation, parity
        jacobian = self.sky.jacobian(x, y)
        rotation, parity = orientation_of(jacobian)
        return (
            np.where(np.isfinite(jacobian).all(axis=(1, 2)), scale_of(jacobian), scale),
            (rotation),
            parity,
        )

    def release(self) -> None:
        """Give back the memory of what was read of the files, and of what was made of it."""
        for file in self.files:
            file.release()
        give_back()


def finished(opened: Field) -> Field:
    """A field with its sky measured, and with the notes and flags that follow from that."""
    if min(opened.shape) < LEAST_SIDE:
        raise ImageError(
            f"the image has {opened.shape[0]} rows and {opened.shape[1]} columns: fewer than "
            f"{LEAST_SIDE} leave nothing to measure"
        )

    def read(rows: slice, columns: slice) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        pixels = opened.raw(rows, columns)
        return pixels.image.copy(), ~np.isfinite(pixels.image)

    background = measure_background(read, opened.shape, opened.release)
    notes, flags, scatter = [*opened.notes], opened.flags, background.scatter
    if not scatter > 0:
        raise ImageError(
            "its sky does not scatter: no pixel is usable, or all of it is masked or constant"
        )
    if opened.subtracted == "keep" and abs(background.median) > SKY_TOLERANCE * scatter:
        notes.append(
            f"the sky is {background.median:.4g}, {background.median / scatter:.1f} times its "
            "scatter, and is left in: --background global, mesh or local takes it off"
        )
    if opened.measured_noise:
        flags |= FLAGS["noise_measured"]
        photons = "" if opened.gain else "; without --gain the photons of the source are left out"
        notes.append(f"no map of the noise: sigma is the measured scatter of the sky{photons}")
    else:
        sigma = _median_sigma(opened)
        if not LEAST_NOISE_RATIO < sigma / scatter < MOST_NOISE_RATIO:
            notes.append(
                f"the noise map says {sigma:.4g} where the sky scatters by {scatter:.4g}: is it "
                "the kind that was named (--rms, --variance, --weight)?"
            )
    if opened.zero_point is None:
        flags |= FLAGS["no_zero_point"]
    if opened.pixel_scale is None:
        flags |= FLAGS["no_pixel_scale"]
        notes.append("no pixel scale: radii in pixels alone; --pixel-scale gives arcsec")
    return replace(opened, background=background, notes=notes, flags=flags)


def _median_sigma(opened: Field) -> float:
    """Median sigma of some thousand lines through the image."""
    rows = np.unique(np.linspace(0, opened.shape[0] - 1, 33).astype(int))
    lines = [opened.raw(slice(row, row + 1), slice(0, opened.shape[1])).sigma for row in rows]
    values = np.concatenate(lines, axis=1)
    values = values[np.isfinite(values)]
    if not len(values):
        raise ImageError("its noise map has no usable pixel: is it of the kind that was named?")
    return float(np.median(values))
