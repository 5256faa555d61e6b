"""Results as Parquet: units and UCDs at each field, the whole also as a VOTable header (VOParquet).

The header is the convention of the IVOA note "Parquet in the VO", 1.0: TOPCAT and astropy read it.
"""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from halflight.results.formats.votable import document
from halflight.results.table import Results, array_of, from_columns

OURS = b"halflight"
_VOTABLE, _VOTABLE_VERSION = b"IVOA.VOTable-Parquet.content", b"IVOA.VOTable-Parquet.version"


def write(path: Path, results: Results) -> None:
    """Write the table; a text may hold any character."""
    fields, arrays = [], []
    for column in results.columns:
        values = results.rows[column.name]
        array = array_of(values, column)
        array = pa.array(array, pa.string() if array.dtype == object else None)
        about = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
        fields.append(pa.field(column.name, array.type, metadata=about))
        arrays.append(array)
    header = BytesIO()
    document(Results(results.rows.iloc[:0], results.runs)).to_xml(header)
    metadata = {
        OURS: json.dumps(results.metadata()).encode(),
        _VOTABLE: header.getvalue(),
        _VOTABLE_VERSION: b"1.0",
    }
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata)), path)


def read(path: Path) -> Results:
    """Read what `write` wrote."""
    table = pq.read_table(path)
    runs = json.loads((table.schema.metadata or {}).get(OURS, b'{"runs": []}'))["runs"]
    columns = {
        name: np.array(table[name].to_pylist(), object)
        if pa.types.is_string(table[name].type)
        else table[name].to_numpy()
        for name in table.column_names
    }
    return from_columns(columns, runs)
