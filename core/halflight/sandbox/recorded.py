"""A sky recorded from SDSS: files exactly as the SAS gives them, tables from its catalogues."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from halflight.instrument import BANDS
from halflight.integers import exact_integers
from halflight.reading import name_of
from halflight.sandbox.below import read_below
from halflight.sandbox.identifiers import object_id
from halflight.sandbox.schema import BAND_COLUMNS, FIELD_BAND_COLUMNS, FIELD_COLUMNS, OBJECT_COLUMNS

# Columns of further tables that must keep every digit.
IDENTIFIERS = ("objID", "fieldID", "parentID", "thingId", "specObjID", "bestObjID")


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
        ValueError: of `tables`: a catalogue lacks a column, or an identifier is not exact.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).resolve()
        self._sas = (self.folder / "sas").resolve()
        if not self._sas.is_dir():
            raise FileNotFoundError(f"no recorded sky at {self.folder}: it has no folder sas/")
        for name in ("photoObj", "photoField"):
            if not any(self._sas.rglob(f"{name}-*.fits")):
                message = f"the recorded sky at {self.folder} has no {name}-*.fits below sas/"
                raise FileNotFoundError(message)

    @property
    def description(self) -> str:
        """One line for people."""
        return f"recorded SDSS sky at {self.folder}"

    def file(self, path: str) -> bytes | None:
        """The bytes of the file that now lies below `sas/`, else None.

        Raises:
            OSError: it cannot be read.
        """
        return read_below(self._sas, path)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """PhotoObjAll, Field, and whatever `skyserver/*.csv` adds."""
        tables = {
            "PhotoObjAll": pd.concat(map(read_photoobj, *self._catalogues("photoObj"))),
            "Field": pd.concat(map(read_photofield, *self._catalogues("photoField"))),
        }
        for file in sorted((self.folder / "skyserver").glob("*.csv")):
            table = _read_csv(file, self._content(file, self.folder))
            if file.stem in tables:
                key = "objID" if file.stem == "PhotoObjAll" else "fieldID"
                if key not in table:
                    raise ValueError(f"{name_of(file)} has no column {key}")
                known = tables[file.stem]
                fresh = table[~table[key].isin(known[key])]
                table = pd.concat([known, fresh]) if len(fresh) else known
            tables[file.stem] = table
        return tables

    def _catalogues(self, name: str) -> tuple[list[Path], list[bytes]]:
        """The catalogues of one kind, by name, and what is in them."""
        files = sorted(self._sas.rglob(f"{name}-*.fits"))
        return files, [self._content(file, self._sas) for file in files]

    def _content(self, file: Path, folder: Path) -> bytes:
        content = read_below(folder, file.relative_to(folder).as_posix())
        if content is None:
            raise ValueError(f"{name_of(file)} is no file, or a link that leaves {name_of(folder)}")
        return content


def read_photoobj(file: Path, content: bytes) -> pd.DataFrame:
    """The rows of a SAS photoObj file's content under SkyServer's PhotoObjAll column names.

    Columns with one value a band become five columns with the suffixes _u, _g, _r, _i, _z.

    Raises:
        ValueError: it is no FITS table, or a column that SDSS's data model promises is missing.
    """
    data = _native(file, content)
    rows = _select(data, OBJECT_COLUMNS, BAND_COLUMNS, file)
    rows["objID"] = _identifiers(data, "OBJID", file, with_object=True)
    rows["parentID"] = _stated_identifiers(data, "PARENTID", file)
    rows["fieldID"] = _identifiers(data, "FIELDID", file, with_object=False)
    # SkyServer's flags join both words of photo's flags (schema of PhotoObjAll).
    rows["flags"] = _joined(data["OBJC_FLAGS"], data["OBJC_FLAGS2"])
    for k, band in enumerate(BANDS):
        rows[f"flags_{band}"] = _joined(data["FLAGS"][:, k], data["FLAGS2"][:, k])
    return pd.DataFrame(rows)


def read_photofield(file: Path, content: bytes) -> pd.DataFrame:
    """The rows of a SAS photoField file's content under SkyServer's Field column names.

    Raises:
        ValueError: it is no FITS table, or a column that SDSS's data model promises is missing.
    """
    data = _native(file, content)
    rows = _select(data, FIELD_COLUMNS, FIELD_BAND_COLUMNS, file)
    rows["fieldID"] = _identifiers(data, "FIELDID", file, with_object=False)
    return pd.DataFrame(rows)


def _read_csv(file: Path, content: bytes) -> pd.DataFrame:
    """A table of SkyServer, its identifiers to the last digit."""
    try:
        table = pd.read_csv(
            io.BytesIO(content), comment="#", dtype=dict.fromkeys(IDENTIFIERS, "str")
        )
    except ValueError as error:
        raise ValueError(f"{name_of(file)} is no table in CSV: {error}") from error
    for name in table.columns.intersection(list(IDENTIFIERS)):
        table[name] = exact_integers(table[name], f"{name} of {name_of(file)}")
    return table


def _native(file: Path, content: bytes) -> dict[str, np.ndarray]:
    """The first table of a FITS file as arrays in this machine's byte order.

    A row in which an integer is masked is left out; a masked real number is NaN, a text blank.
    """
    try:
        table = Table.read(io.BytesIO(content), format="fits", hdu=1)
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ValueError(f"{name_of(file)} is no table in FITS: {error}") from error
    lost = np.zeros(len(table), dtype=bool)
    for name in table.colnames:
        if table[name].dtype.kind in "iub" and isinstance(table[name], np.ma.MaskedArray):
            lost |= np.ma.getmaskarray(table[name]).reshape(len(table), -1).any(axis=1)
    table = table[~lost]
    columns = {}
    for name in table.colnames:
        values = table[name]
        if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fSU":
            values = values.filled(np.nan if values.dtype.kind == "f" else "")
        values = np.asarray(values)
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
        rows["rerun"] = exact_integers(rows["rerun"], f"{scalars['rerun']} of {name_of(file)}")
    for name, source in vectors.items():
        for k, band in enumerate(BANDS):
            rows[f"{name}_{band}"] = data[source][:, k]
    return rows


def _stated_identifiers(data: Mapping[str, np.ndarray], name: str, file: Path) -> np.ndarray:
    """Identifiers, most of them written as text, 0 where the file leaves them blank."""
    stated = data[name]
    if stated.dtype.kind == "U":
        stated = np.where(stated == "", "0", stated)
    return exact_integers(stated, f"{name} of {name_of(file)}")


def _identifiers(
    data: Mapping[str, np.ndarray], name: str, file: Path, *, with_object: bool
) -> np.ndarray:
    """Identifiers as the file states them, computed where it leaves them blank."""
    stated = _stated_identifiers(data, name, file)
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
