"""Results as a VOTable: units, UCDs and meanings at each field, provenance as INFO."""

import json
from pathlib import Path

import numpy as np
from astropy.io.votable import parse_single_table
from astropy.io.votable.tree import Info, TableElement, VOTableFile
from astropy.table import Table

from halflight.results.escaping import escaped, unescaped
from halflight.results.table import Results, from_columns

_METADATA = "halflight"  # the INFO that holds all of it as JSON
_INT64 = np.iinfo(np.int64).max


def document(results: Results) -> VOTableFile:
    """The VOTable; texts are escaped, as XML holds no control characters."""
    table = _signed(results.to_astropy(text=escaped))
    table.meta.clear()
    file = VOTableFile.from_table(table)
    element: TableElement = file.get_first_table()
    metadata = results.metadata()
    element.description = f"{metadata['definition']} {metadata['conventions']}"
    infos = {_METADATA: json.dumps(metadata)}
    infos |= {f"flag {bit}": name for bit, name in metadata["flags"].items()}
    for number, run in enumerate(metadata["runs"]):
        infos |= {f"run {number}: {key}": escaped(str(value)) for key, value in run.items()}
    for number, (name, value) in enumerate(infos.items()):
        element.infos.append(Info(ID=f"info_{number}", name=name, value=value))
    return file


def write(path: Path, results: Results) -> None:
    """Write the table as TABLEDATA, which every reader knows."""
    with path.open("wb") as stream:
        document(results).to_xml(stream)


def read(path: Path) -> Results:
    """Read what `write` wrote."""
    element = parse_single_table(str(path))
    infos = {info.name: info.value for info in element.infos}
    columns = {}
    for field in element.fields:
        values = np.ma.getdata(element.array[field.ID])
        if values.dtype.kind in "OU":
            values = np.array([unescaped(str(value)) for value in values], object)
        columns[field.name] = values
    return from_columns(columns, json.loads(infos[_METADATA])["runs"])


def _signed(table: Table) -> Table:
    """The table with the integers of a VOTable, which have a sign; one beyond makes text of all."""
    ids = table["id"]
    if ids.dtype == np.uint64:
        fits_in = not len(ids) or ids.max() <= _INT64
        signed = type(ids)(ids.astype(np.int64 if fits_in else np.str_))
        signed.info.description, signed.info.meta = ids.info.description, ids.info.meta
        table.replace_column("id", signed)
    return table
