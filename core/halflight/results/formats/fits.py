"""Results as a FITS binary table: units (TUNIT), UCDs (TUCD), meanings (TCOMM), provenance."""

import json
from pathlib import Path

import numpy as np
from astropy.io import fits

from halflight.results.escaping import escaped, unescaped
from halflight.results.table import Results, array_of, from_columns

EXTENSION = "HALFLIGHT"
_METADATA = "HLMETA"  # JSON, over as many cards as it needs
_CHECKSUM = "of this HDU"
_ESCAPES = "TESC"  # of a column: whether its texts hold escapes
# FITS 4.0 ends a text at its last character that is no space, and allows ASCII alone.
_TYPES = {"i": "K", "f": "D"}


def write(path: Path, results: Results) -> None:
    """Write the table; a text that FITS cannot hold is escaped, and its column says so."""
    columns, notes = [], []
    for number, column in enumerate(results.columns, start=1):
        values = array_of(results.rows[column.name], column)
        notes.append((f"TCOMM{number}", column.description))
        if column.ucd:
            notes.append((f"TUCD{number}", column.ucd))
        if values.dtype == object:
            safe = [escaped(value, ascii_only=True) for value in values]
            notes.append((f"{_ESCAPES}{number}", safe != values.tolist()))
            width = max((len(text) for text in safe), default=0) or 1
            values, form = np.array(safe, dtype=f"S{width}"), f"{width}A"
        elif values.dtype == np.uint64:
            form = "K"
        else:
            form = _TYPES[values.dtype.kind]
        columns.append(
            fits.Column(
                column.name,
                form,
                unit=column.unit or None,
                array=values,
                bzero=2**63 if values.dtype == np.uint64 else None,
            )
        )
    table = fits.BinTableHDU.from_columns(columns, nrows=len(results.rows), name=EXTENSION)
    for key, value in notes:
        table.header[key] = value
    metadata = results.metadata()
    for words in (metadata["definition"], metadata["conventions"]):
        table.header.add_comment(words)
    for bit, name in metadata["flags"].items():
        table.header.add_comment(f"flag {bit}: {name}")
    table.header[_METADATA] = json.dumps(metadata)
    hdus = fits.HDUList([fits.PrimaryHDU(), table])
    hdus.update_extend()
    for hdu in hdus:  # writeto would note the second at which it does this
        hdu.add_checksum(when=_CHECKSUM)
    hdus.writeto(path, overwrite=True)


def read(path: Path) -> Results:
    """Read what `write` wrote."""
    with fits.open(path, memmap=False) as hdus:
        table = hdus[EXTENSION]
        runs = json.loads(table.header[_METADATA])["runs"]
        columns = {}
        for number, name in enumerate(table.columns.names, start=1):
            values = table.data[name]
            if values.dtype.kind in "SU":
                texts = [str(value) for value in values]
                plain = not table.header.get(f"{_ESCAPES}{number}", False)
                values = np.array(texts if plain else [unescaped(text) for text in texts], object)
            columns[name] = values
    return from_columns(columns, runs)
