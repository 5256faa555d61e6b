"""The point-spread function of a field, rebuilt anywhere in it from SDSS's psField file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from halflight.instrument import FRAME_SHAPE, SDSS
from halflight.psf import psf_half_light_radius
from halflight.surveys.errors import PsfError, SurveyParameterError
from halflight.surveys.fitsfile import DamagedFitsError, opened

MOST_PSFIELD_BYTES = 8 << 20  # real files have 0.6 MB: five bands of four images of 51 x 51 pixels
LARGEST_SIDE = 255  # pixels of an eigen-image; SDSS's have 51
COORDINATE_SCALE = 1e-3  # the polynomials are in units of 1000 pixels


@dataclass(frozen=True)
class PsfField:
    """Karhunen-Loeve basis of one field's PSF in one band.

    basis: (k, rows, columns) float64 eigen-images, pixel response included. coefficients: (k, i, j)
    float64, of (row/1000)^i (column/1000)^j. name: the file, for messages.
    """

    name: str
    basis: np.ndarray
    coefficients: np.ndarray

    def at(self, row: float, col: float, size: int) -> np.ndarray:
        """The PSF at pixel (row, col): (size, size) float32, centred on the middle pixel, sum 1.

            PSF(row, col) = sum_k basis_k sum_ij c_k[i, j] (row/1000)^i (col/1000)^j

        (Lupton et al. 2001, ASP Conf. 238, 269; https://www.sdss4.org/dr17/imaging/images/#psf).
        Cropped or padded with zeros to the odd `size`. Raises `PsfError` if the result is no PSF.
        """
        if size < 1 or size % 2 == 0:
            raise SurveyParameterError(f"psf_size must be odd and positive, received {size}")
        powers = np.arange(max(self.coefficients.shape[1:]))
        rows = (COORDINATE_SCALE * row) ** powers[: self.coefficients.shape[1]]
        columns = (COORDINATE_SCALE * col) ** powers[: self.coefficients.shape[2]]
        with np.errstate(all="ignore"):  # what overflows is refused below
            weights = np.einsum("kij,i,j->k", self.coefficients, rows, columns)
            image = _resize(np.tensordot(weights, self.basis, axes=1), size)
            total = image.sum()
        if not (np.isfinite(image).all() and total > 0):
            raise PsfError(f"{self.name}: the PSF at ({row:.0f}, {col:.0f}) sums to {total}.")
        image /= total
        peak = np.unravel_index(np.argmax(image), image.shape)
        if max(abs(index - size // 2) for index in peak) > 1:
            raise PsfError(
                f"{self.name}: the PSF at ({row:.0f}, {col:.0f}) peaks at pixel {peak}, not at its "
                f"centre ({size // 2}, {size // 2})."
            )
        return np.ascontiguousarray(image, dtype=np.float32)


def read_psfield(content: bytes, *, run: int, camcol: int, field: int, band: str) -> PsfField:
    """Read one band of the bytes of a `psField-*.fit` file: see `read_psfields`."""
    return read_psfields(content, run=run, camcol=camcol, field=field, bands=(band,))[band]


def read_psfields(
    content: bytes, *, run: int, camcol: int, field: int, bands: Sequence[str]
) -> dict[str, PsfField]:
    """Read some bands of the bytes of a `psField-*.fit` file.

    Raises `PsfError`, naming the file, if it is not the one asked for or if a PSF is none at the
    corners and in the middle of the field.
    """
    name = f"psField-{run:06d}-{camcol}-{field:04d}.fit"
    try:
        with opened(content, most=MOST_PSFIELD_BYTES) as hdus:
            header = hdus[0].header
            for key, value in {"RUN": run, "CAMCOL": camcol, "FIELD": field}.items():
                if header.get(key) != value:
                    raise PsfError(
                        f"{name}: {key} is {header.get(key)!r} where {value} was asked for"
                    )
            psfs = {
                band: _read_band(name, band, hdus[1 + SDSS.bands.index(band)].data)
                for band in bands
            }
    except DamagedFitsError as error:
        raise PsfError(f"{name}: cannot be read as a psField: {error}") from error
    for psf in psfs.values():
        side = psf.basis.shape[1]
        for row in (0, FRAME_SHAPE[0] // 2, FRAME_SHAPE[0] - 1):
            for col in (0, FRAME_SHAPE[1] // 2, FRAME_SHAPE[1] - 1):
                half_light_radius(psf.at(row, col, side))
    return psfs


def _read_band(name: str, band: str, table: Any) -> PsfField:
    """The basis and coefficients in one table of a psField."""
    # The polynomial fills only the corner (nrow_b, ncol_b) of c: beyond it lies garbage.
    used = int(table["nrow_b"][0]), int(table["ncol_b"][0])
    coefficients = np.array(table["c"], dtype=np.float64)[:, : used[0], : used[1]]
    sides = {*table["RNROW"].tolist(), *table["RNCOL"].tolist()}
    if len(sides) != 1 or not all(0 < s <= LARGEST_SIDE and s % 2 for s in sides):
        raise PsfError(
            f"{name}: its images are {sorted(sides)} pixels a side: a PSF is square, odd "
            f"and of at most {LARGEST_SIDE}"
        )
    [side] = sides
    basis = np.array([np.array(p, dtype=np.float64) for p in table["RROWS"]])
    basis = basis.reshape(-1, side, side)
    if min(coefficients.shape) < 1 or len(basis) != len(coefficients):
        raise PsfError(f"{name}: basis {basis.shape} and coefficients {coefficients.shape}")
    if not (np.isfinite(basis).all() and np.isfinite(coefficients).all()):
        raise PsfError(f"{name}: its {band}-band basis or coefficients are not finite")
    return PsfField(name, basis, coefficients)


def half_light_radius(psf: np.ndarray) -> float:
    """Radius [arcsec] of the circle about the middle pixel that holds half of a PSF's light.

    psf: (P, P), P odd. Raises `PsfError` if no circle inside it does: see `psf_half_light_radius`.
    """
    try:
        return psf_half_light_radius(psf, SDSS.pixel_scale)
    except ValueError as error:
        raise PsfError(str(error)) from error


def _resize(image: np.ndarray, size: int) -> np.ndarray:
    """Crop or pad with zeros about the middle pixel."""
    result = np.zeros((size, size))
    into, out_of = [], []
    for length in image.shape:
        half = min(size // 2, length // 2)
        into.append(slice(size // 2 - half, size // 2 + half + 1))
        out_of.append(slice(length // 2 - half, length // 2 + half + 1))
    result[tuple(into)] = image[tuple(out_of)]
    return result
