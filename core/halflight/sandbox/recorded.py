"""A sky recorded from SDSS: files exactly as the SAS gives them, tables from its catalogues."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from halflight.instrument import BANDS
from halflight.sandbox.identifiers import object_id
from halflight.sandbox.schema import BAND_COLUMNS, FIELD_BAND_COLUMNS, FIELD_COLUMNS, OBJECT_COLUMNS


class RecordedSky:
    """The SDSS files below a folder, served byte for byte.

    The folder holds `sas/` with the SAS's own paths: frames, psField, `photoObj-*.fits` (rows of
    PhotoObjAll) and `photoField-*.fits` (rows of Field). Further tables may lie in `skyserver/`
    as CSV files named after the table; of PhotoObjAll.csv, rows whose objID is already known are
    left out.

    Args:
        folder: the recorded sky.

    Raises:
        FileNotFoundError: the folder, its `sas/`, or any catalogue in it is missing.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).resolve()
        self._sas = self.folder / "sas"
        if not self._sas.is_dir():
            raise FileNotFoundError(f"no recorded sky at {self.folder}: it has no folder sas/")
        for name in ("photoObj", "photoField"):
            if not any(self._sas.rglob(f"{name}-*.fits")):
                message = f"the recorded sky at {self.folder} has no {name}-*.fits below sas/"
                raise FileNotFoundError(message)
        # Only what is listed here can ever be served, whatever a request's path says.
        self._files = {
            file.relative_to(self._sas).as_posix(): file
            for file in self._sas.rglob("*")
            if file.is_file() and file.resolve().is_relative_to(self._sas)
        }

    @property
    def description(self) -> str:
        """One line for people."""
        return f"recorded SDSS sky at {self.folder}"

    def file(self, path: str) -> bytes | None:
        """The bytes of a file that lay below `sas/` when this sky was opened, else None."""
        file = self._files.get(path)
        return None if file is None else file.read_bytes()

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """PhotoObjAll, Field, and whatever `skyserver/*.csv` adds."""
        catalogues = sorted(self._sas.rglob("photoObj-*.fits"))
        fields = sorted(self._sas.rglob("photoField-*.fits"))
        tables = {
            "PhotoObjAll": pd.concat([read_photoobj(file) for file in catalogues]),
            "Field": pd.concat([read_photofield(file) for file in fields]),
        }
        for file in sorted((self.folder / "skyserver").glob("*.csv")):
            table = pd.read_csv(file, comment="#")
            if file.stem in tables:
                key = "objID" if file.stem == "PhotoObjAll" else "fieldID"
                known = tables[file.stem]
                fresh = table[~table[key].isin(known[key])]
                table = pd.concat([known, fresh]) if len(fresh) else known
            tables[file.stem] = table
        return tables


def read_photoobj(file: Path) -> pd.DataFrame:
    """The rows of a SAS photoObj file under SkyServer's PhotoObjAll column names.

    Columns with one value a band become five columns with the suffixes _u, _g, _r, _i, _z.

    Raises:
        ValueError: a column that SDSS's data model promises is missing.
    """
    data = _native(file)
    rows = _select(data, OBJECT_COLUMNS, BAND_COLUMNS, file)
    rows["objID"] = _identifiers(data, "OBJID", with_object=True)
    rows["parentID"] = _stated_identifiers(data, "PARENTID")
    rows["fieldID"] = _identifiers(data, "FIELDID", with_object=False)
    # SkyServer's flags join both words of photo's flags (schema of PhotoObjAll).
    rows["flags"] = _joined(data["OBJC_FLAGS"], data["OBJC_FLAGS2"])
    for k, band in enumerate(BANDS):
        rows[f"flags_{band}"] = _joined(data["FLAGS"][:, k], data["FLAGS2"][:, k])
    return pd.DataFrame(rows)


def read_photofield(file: Path) -> pd.DataFrame:
    """The rows of a SAS photoField file under SkyServer's Field column names.

    Raises:
        ValueError: a column that SDSS's data model promises is missing.
    """
    data = _native(file)
    rows = _select(data, FIELD_COLUMNS, FIELD_BAND_COLUMNS, file)
    rows["fieldID"] = _identifiers(data, "FIELDID", with_object=False)
    return pd.DataFrame(rows)


def _native(file: Path) -> dict[str, np.ndarray]:
    """The first table of a FITS file as arrays in this machine's byte order."""
    table = Table.read(file, hdu=1)
    columns = {}
    for name in table.colnames:
        values = np.asarray(table[name])
        if values.dtype.kind in "SU":
            values = np.char.strip(values.astype(str))
        elif not values.dtype.isnative:
            values = values.astype(values.dtype.newbyteorder("="))
        columns[name.upper()] = values
    return columns


def _select(
    data: Mapping[str, np.ndarray],
    scalars: Mapping[str, str],
    vectors: Mapping[str, str],
    file: Path,
) -> dict[str, np.ndarray]:
    missing = sorted({*scalars.values(), *vectors.values()} - set(data))
    if missing:
        raise ValueError(f"{file} is not what its name says: it lacks the columns {missing}")
    rows = {name: data[source] for name, source in scalars.items()}
    if "rerun" in rows:
        rows["rerun"] = rows["rerun"].astype(np.int64)
    for name, source in vectors.items():
        for k, band in enumerate(BANDS):
            rows[f"{name}_{band}"] = data[source][:, k]
    return rows


def _stated_identifiers(data: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Identifiers written as text, 0 where the file leaves them blank."""
    return np.array([int(text) if text.isdigit() else 0 for text in data[name]], dtype=np.int64)


def _identifiers(data: Mapping[str, np.ndarray], name: str, *, with_object: bool) -> np.ndarray:
    """Identifiers as the file states them, computed where it leaves them blank."""
    stated = _stated_identifiers(data, name)
    for row in np.flatnonzero(stated == 0):
        stated[row] = object_id(
            run=int(data["RUN"][row]),
            camcol=int(data["CAMCOL"][row]),
            field=int(data["FIELD"][row]),
            obj=int(data["ID"][row]) if with_object else 0,
            rerun=int(data["RERUN"][row]),
            sky_version=int(data["SKYVERSION"][row]),
        )
    return stated


def _joined(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    words = low.astype(np.uint32).astype(np.uint64)
    return (words | high.astype(np.uint32).astype(np.uint64) << np.uint64(32)).view(np.int64)
