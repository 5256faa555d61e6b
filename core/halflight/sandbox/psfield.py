"""Synthetic psField files: the PSF over a field as SDSS writes it, by Karhunen-Loeve components.

PSF(row, col) = sum_k RROWS_k sum_ij c_k[i, j] (row / 1000)^i (col / 1000)^j
(https://www.sdss4.org/dr17/imaging/images/#psf; Lupton et al. 2001).
"""

import io
from collections.abc import Mapping

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from halflight.instrument import BANDS, FRAME_SHAPE
from halflight.sandbox.layout import FieldKey
from halflight.sandbox.observing import FieldCalibration, FieldPsf
from halflight.simulation.psf import render_psf

SIZE = 51  # pixels across a component
COMPONENTS = 4
POWERS = 3  # powers 0, 1, 2 of row and of column
SCALE = 1000.0  # pixels; what rows and columns are divided by
GRID = (5, 6)  # rows and columns of PSFs that the components are made from
COUNTS = 1e5  # components are stored in counts of a bright star, as real ones are


def components(psf: FieldPsf) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The component images (4, 51, 51) and their polynomials (4, 3, 3) in row and column."""
    rows = np.linspace(0, FRAME_SHAPE[0] - 1, GRID[0])
    columns = np.linspace(0, FRAME_SHAPE[1] - 1, GRID[1])
    places = [(row, column) for row in rows for column in columns]
    images = np.array([render_psf(psf.at(c, r), SIZE).ravel() for r, c in places], dtype=float)
    design = [
        [(r / SCALE) ** i * (c / SCALE) ** j for i in range(POWERS) for j in range(POWERS)]
        for r, c in places
    ]
    # One thread: sums then have one order, so the bytes do not depend on the number of cores.
    with threadpool_limits(1, user_api="blas"):
        # Rows of `basis` are orthonormal images; the amplitudes follow the place in the field.
        _, _, basis = np.linalg.svd(images, full_matrices=False)
        basis = basis[:COMPONENTS] * COUNTS
        amplitudes = images @ basis.T / COUNTS**2
        solution = np.linalg.lstsq(np.array(design), amplitudes, rcond=None)[0]
    coefficients = solution.T.reshape(COMPONENTS, POWERS, POWERS)
    return basis.reshape(-1, SIZE, SIZE).astype(np.float32), coefficients.astype(np.float32)


def psfield_file(
    key: FieldKey,
    *,
    psfs: Mapping[str, FieldPsf],
    calibrations: Mapping[str, FieldCalibration],
    raw_sums: Mapping[str, float],
) -> bytes:
    """A psField FITS file: HDU 1-5 the PSF in u, g, r, i, z, HDU 6 the field's summary.

    Args:
        key: the field.
        psfs: by band.
        calibrations: by band.
        raw_sums: what the PSF of each band adds up to; real files are not normalised either.
    """
    primary = fits.PrimaryHDU()
    primary.header["RUN"] = (key.run, "Imaging Run Number")
    primary.header["CAMCOL"] = (key.camcol, "Column in imaging camera")
    primary.header["FIELD"] = (key.field, "This field")
    primary.header["FILTERS"] = (" ".join(BANDS), "Filters present in file")
    primary.header["ORIGIN"] = ("SYNTHETIC", "not an observation")
    hdus = [primary]
    hdus += [_psf_table(psfs[band], raw_sums[band]) for band in BANDS]
    hdus.append(_summary_table(key, psfs, calibrations))
    buffer = io.BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    return buffer.getvalue()


def _psf_table(psf: FieldPsf, raw_sum: float) -> fits.BinTableHDU:
    images, coefficients = components(psf)
    # As in real files the matrix is 5 x 5 and what lies beyond nrow_b, ncol_b is left-over memory:
    # a reader that uses it gets NaN.
    matrix = np.full((COMPONENTS, 5, 5), np.nan, dtype=np.float32)
    matrix[:, :POWERS, :POWERS] = raw_sum * coefficients
    flat = np.empty(COMPONENTS, dtype=object)
    flat[:] = [image.ravel() for image in images]
    same = np.ones(COMPONENTS, dtype=np.int32)
    return fits.BinTableHDU.from_columns(
        [
            fits.Column("nrow_b", "J", array=same * POWERS),
            fits.Column("ncol_b", "J", array=same * POWERS),
            fits.Column("c", "25E", dim="(5,5)", array=matrix),
            fits.Column("lambda", "E", array=np.square(images).sum(axis=(1, 2))),
            fits.Column("RNROW", "J", array=same * SIZE),
            fits.Column("RNCOL", "J", array=same * SIZE),
            fits.Column("RTYPE", "J", array=same * 128),
            fits.Column("RROWS", f"PE({SIZE * SIZE})", array=flat),
            fits.Column("RROW0", "J", array=same * 0),
            fits.Column("RCOL0", "J", array=same * 0),
            fits.Column("counts", "E", array=images.sum(axis=(1, 2))),
        ]
    )


def _summary_table(
    key: FieldKey, psfs: Mapping[str, FieldPsf], calibrations: Mapping[str, FieldCalibration]
) -> fits.BinTableHDU:
    """The one-row table of HDU 6, as far as this sky knows its values."""
    values = {
        "sky": [calibrations[band].sky for band in BANDS],
        "psf_width": [psfs[band].centre.width for band in BANDS],
        "psf_sigma1_2G": [psfs[band].two_gaussians[0] for band in BANDS],
        "psf_sigma2_2G": [psfs[band].two_gaussians[1] for band in BANDS],
        "psf_b_2G": [psfs[band].two_gaussians[2] for band in BANDS],
        "gain": [calibrations[band].gain for band in BANDS],
        "dark_variance": [calibrations[band].dark_variance for band in BANDS],
    }
    columns = [
        fits.Column("field", "J", array=[key.field]),
        fits.Column("psp_status", "J", array=[0]),
        fits.Column("status", "5J", array=np.zeros((1, 5), dtype=np.int32)),
    ]
    columns += [
        fits.Column(name, "5E", array=np.array([row], dtype=np.float32))
        for name, row in values.items()
    ]
    return fits.BinTableHDU.from_columns(columns)
