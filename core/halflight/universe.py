"""The Multimodal Universe: stamps with the fields that its readers know, as Parquet files.

The Multimodal Universe Collaboration 2024, arXiv:2412.02527, section 3; fields as of its loaders of
image surveys (HSC, Legacy Surveys): object_id, ra, dec, healpix and image{band, flux, ivar, mask,
psf_fwhm, scale}, each of image a list with an entry a band. What else is known of a stamp, as the
truth of a simulated one, keeps its name.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from halflight import files, store
from halflight.healpix import pixels
from halflight.psf import psf_fwhm

HEALPIX_ORDER = 4
"""Of its column `healpix` and its files: nside 16, nested."""
NAME = "001-of-001.parquet"
_CHUNK = 256  # stamps a row group: some 10 MB of two arrays of 64 by 64 in one band
_TAKEN = ("object_id", "healpix", "image")


def write_stamps(stamps: store.Stamps, folder: Path) -> int:
    """Write stamps as `folder`/healpix=N/001-of-001.parquet; return the number of files.

    flux and its inverse variance ivar (0 where nothing is known of a pixel, where mask is False,
    too) are in the stamps' unit, psf_fwhm and scale (a pixel's side) in arcsec. Stamps without a
    place on the sky, as simulated ones are, go to one file, `folder`/001-of-001.parquet.

    Raises ValueError for a table with a column that the fields take, and OSError where the disk
    refuses; then there is no folder.
    """
    table = stamps.table
    if taken := [name for name in _TAKEN if name in table]:
        raise ValueError(f"the stamps' table has columns of the fields' own: {', '.join(taken)}")
    groups: dict[str, NDArray[np.int64]] = {NAME: np.arange(len(table))}
    placed = {"ra", "dec"} <= set(table)
    if placed:
        table = table.assign(healpix=pixels(table["ra"], table["dec"], HEALPIX_ORDER))
        groups = {
            f"healpix={number}/{NAME}": np.asarray(rows, np.int64)
            for number, rows in table.groupby("healpix").indices.items()
        }
    table = table.rename(columns={"id": "object_id"}).astype({"object_id": str})
    with files.whole_folder(folder) as partial:
        for name, rows in groups.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, table, stamps, rows)
    return len(groups)


def _write(path: Path, table: pd.DataFrame, stamps: store.Stamps, rows: NDArray[np.int64]) -> None:
    first = _record(table, stamps, rows[:_CHUNK])
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for start in range(_CHUNK, len(rows), _CHUNK):
            writer.write_table(_record(table, stamps, rows[start : start + _CHUNK]))


def _record(table: pd.DataFrame, stamps: store.Stamps, rows: NDArray[np.int64]) -> pa.Table:
    """Some rows, as a table with its column of images."""
    image, sigma, psf = (stamps[name][rows] for name in ("image", "sigma", "psf"))
    camera = stamps.instrument
    good = np.isfinite(image) & np.isfinite(sigma) & (sigma > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ivar = np.where(good, sigma**-2.0, 0).astype(np.float32)
    bands = len(camera.bands)
    fwhm = [psf_fwhm(one[..., band], camera.pixel_scale) for one in psf for band in range(bands)]
    fields = {
        "band": _each_band(pa.array(list(camera.bands) * len(rows)), bands),
        "flux": _planes(np.where(good, image, 0).astype(np.float32)),
        "ivar": _planes(ivar),
        "mask": _planes(good),
        "psf_fwhm": _each_band(pa.array(fwhm, pa.float32()), bands),
        "scale": _each_band(pa.array([camera.pixel_scale] * len(fwhm), pa.float32()), bands),
    }
    known = pa.Table.from_pandas(table.iloc[rows], preserve_index=False)
    return known.append_column("image", pa.StructArray.from_arrays(fields.values(), fields.keys()))


def _planes(stamps: NDArray[np.generic]) -> pa.Array:
    """(n, rows, columns, bands) as lists of the bands' rows."""
    count, height, width, bands = stamps.shape
    flat = pa.array(np.ascontiguousarray(np.moveaxis(stamps, -1, 1)).reshape(-1))
    lines = _lists(flat, width, count * bands * height)
    return _each_band(_lists(lines, height, count * bands), bands)


def _each_band(values: pa.Array, bands: int) -> pa.Array:
    return _lists(values, bands, len(values) // bands)


def _lists(values: pa.Array, size: int, count: int) -> pa.Array:
    """`count` lists of `size` values each."""
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * np.int32(size))
    return pa.ListArray.from_arrays(offsets, values)
