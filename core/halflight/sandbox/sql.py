"""SkyServer's query language, as far as catalogue queries need it, answered by SQLite in memory.

Understood: one SELECT (or WITH ... SELECT) with joins, sub-selects, bit operators, aggregates,
`TOP n`, the prefixes `dbo.` and `BestDR17.dbo.`, `[bracketed]` names, ISNULL, LEN, T-SQL's
logarithms, `dbo.fPhotoTypeN(type)` and `dbo.fDocColumns('Table')`. Text compares without case, as
in SQL Server. Anything else is an error, never a guess.
"""

import math
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

ROW_LIMIT = 500_000  # SkyServer's own limit for one query

# PhotoType of the SkyServer schema (table DataConstants).
PHOTO_TYPES = {0: "UNKNOWN", 1: "COSMIC_RAY", 2: "DEFECT", 3: "GALAXY", 4: "GHOST"}
PHOTO_TYPES |= {5: "KNOWNOBJ", 6: "STAR", 7: "TRAIL", 8: "SKY", 9: "NOTATYPE"}

# The views of the SkyServer schema (Views.sql of the public sqlLoader).
VIEWS = {
    "PhotoObj": "SELECT * FROM PhotoObjAll WHERE mode IN (1, 2)",
    "PhotoPrimary": "SELECT * FROM PhotoObjAll WHERE mode = 1",
    "PhotoSecondary": "SELECT * FROM PhotoObjAll WHERE mode = 2",
    "Galaxy": "SELECT * FROM PhotoPrimary WHERE type = 3",
    "Star": "SELECT * FROM PhotoPrimary WHERE type = 6",
    "SpecObj": "SELECT * FROM SpecObjAll WHERE sciencePrimary = 1",
}

# Tables every SkyServer has: empty where a sky brings no rows of its own.
SPECTRA = (
    "specObjID bestObjID plate mjd fiberID class subClass z zErr zWarning sciencePrimary run2d"
)
NSATLAS = "nsaid plate mjd fiberid sersic_th50 sersic_n sersic_ba sersic_phi"
EMPTY = {"SpecObjAll": SPECTRA.split(), "nsatlas": NSATLAS.split()}

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<space>\s+)
    |(?P<text>'(?:[^']|'')*')|(?P<quoted>\[[^\]]*\]|"(?:[^"]|"")*")
    |(?P<word>[A-Za-z_]\w*)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<symbol><>|<=|>=|!=|\|\||[-+*/%&|~=<>(),.;])""",
    re.VERBOSE | re.DOTALL,
)

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
ALLOWED |= {sqlite3.SQLITE_RECURSIVE}


class SqlError(Exception):
    """A query that this server cannot or will not answer; the message says why."""


def tokens(query: str) -> list[str]:
    """Split a query into its words and symbols, without comments and white space."""
    found: list[str] = []
    position = 0
    while position < len(query):
        match = TOKEN.match(query, position)
        if match is None:
            raise SqlError(f"Incorrect syntax near '{query[position : position + 20]}'.")
        if match.lastgroup not in ("comment", "space"):
            found.append(match.group())
        position = match.end()
    return found


def translate(query: str) -> str:
    """Turn one T-SQL SELECT into SQLite's dialect.

    Raises:
        SqlError: for several statements, for anything but a SELECT, for an unreadable TOP.
    """
    words = tokens(query)
    while words and words[-1] == ";":
        words.pop()
    if ";" in words:
        raise SqlError("Only one statement a query is allowed.")
    if not words or words[0].upper() not in ("SELECT", "WITH"):
        raise SqlError("Only SELECT statements are allowed.")
    return " ".join(_translated(words))


def _translated(words: list[str]) -> Iterator[str]:
    limits: list[str | None] = [None]  # the TOP of the SELECT at each depth of parentheses
    at = 0
    while at < len(words):
        word, upper = words[at], words[at].upper()
        following = words[at + 1].upper() if at + 1 < len(words) else ""
        at += 1
        if following == "." and (upper == "DBO" or upper.startswith("BESTDR")):
            at += 1  # drop the schema and its dot
        elif upper == "FDOCCOLUMNS" and following == "(":
            name = words[at + 1] if words[at + 2 : at + 3] == [")"] else ""
            if not name.startswith("'"):
                raise SqlError("fDocColumns takes one table name in quotes.")
            yield f"(SELECT * FROM DocColumns WHERE tableName = {name} COLLATE NOCASE)"
            at += 3
        elif upper == "SELECT":
            yield word
            if following in ("DISTINCT", "ALL"):
                yield following
                at += 1
            if at < len(words) and words[at].upper() == "TOP":
                number = [w for w in words[at + 1 : at + 4] if w not in "()"][:1]
                if not number or not number[0].isdigit():
                    raise SqlError("TOP must be followed by a whole number.")
                limits[-1] = number[0]
                at += 4 if words[at + 1] == "(" else 2
        elif word == "(":
            limits.append(None)
            yield word
        elif word == ")":
            if len(limits) == 1:
                raise SqlError("Incorrect syntax near ')'.")
            top = limits.pop()
            yield f"LIMIT {top} )" if top else ")"
        elif upper in ("UNION", "EXCEPT", "INTERSECT") and limits[-1]:
            raise SqlError(f"TOP together with {upper} is not supported here.")
        elif following == "(" and upper in ("ISNULL", "LEN"):
            yield {"ISNULL": "IFNULL", "LEN": "LENGTH"}[upper]
        else:
            yield word
    if limits[0]:
        yield f"LIMIT {limits[0]}"


class Database:
    """The tables of one sky, loaded once, queried read-only by any thread, one query at a time."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], *, time_limit: float) -> None:
        """Load `tables` (name -> rows); a query may run for `time_limit` seconds."""
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        empty = {name: pd.DataFrame(columns=columns) for name, columns in EMPTY.items()}
        complete = empty | dict(tables)
        complete["DocColumns"] = _documentation(complete)
        for name, table in complete.items():
            _load(self._connection, name, table)
        for name, definition in VIEWS.items():
            self._connection.execute(f"CREATE VIEW {name} AS {definition}")
        for key in ("PhotoObjAll(objID)", "PhotoObjAll(fieldID)", "Field(fieldID)"):
            index = re.sub(r"\W", "_", key)
            self._connection.execute(f"CREATE INDEX {index} ON {key}")
        self._connection.commit()
        self._connection.create_function("fPhotoTypeN", 1, PHOTO_TYPES.get, deterministic=True)
        self._connection.create_function("LOG", 1, _logarithm, deterministic=True)
        self._connection.set_authorizer(_read_only)

    def query(self, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Answer one T-SQL query: column names (`Column1`... where it gives none) and rows.

        Raises:
            SqlError: the query is not understood, not allowed, too slow or too large.
        """
        statement = translate(query)
        with self._lock:
            deadline = time.monotonic() + self._time_limit
            self._connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            try:
                cursor = self._connection.execute(statement)
                rows = cursor.fetchmany(ROW_LIMIT + 1)
            except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
                if time.monotonic() > deadline:
                    message = f"The query took longer than the limit of {self._time_limit:g} s."
                    raise SqlError(message) from error
                raise SqlError(f"SQL error: {error}.") from error
            finally:
                self._connection.set_progress_handler(None, 0)
        if len(rows) > ROW_LIMIT:
            raise SqlError(f"The query gives more than {ROW_LIMIT} rows: restrict it.")
        given = [column[0] for column in cursor.description]
        names = [n if n.isidentifier() else f"Column{k}" for k, n in enumerate(given, start=1)]
        return names, rows

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._connection.close()


def _read_only(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _logarithm(value: float | None) -> float | None:
    """T-SQL's LOG is natural, SQLite's is to base 10."""
    return None if value is None or value <= 0 else math.log(value)


def _affinity(values: pd.Series) -> str:
    """SQLite's column type of a pandas column; text compares without case as in SQL Server."""
    kind = np.dtype(values.dtype).kind if isinstance(values.dtype, np.dtype) else "O"
    return {"i": "INTEGER", "u": "INTEGER", "b": "INTEGER", "f": "REAL"}.get(
        kind, "TEXT COLLATE NOCASE"
    )


def _load(connection: sqlite3.Connection, name: str, table: pd.DataFrame) -> None:
    columns = ", ".join(f'"{column}" {_affinity(table[column])}' for column in table.columns)
    connection.execute(f'CREATE TABLE "{name}" ({columns})')
    slots = ", ".join("?" * len(table.columns))
    values = [_python_values(table[column]) for column in table.columns]
    connection.executemany(f'INSERT INTO "{name}" VALUES ({slots})', zip(*values, strict=True))


def _python_values(values: pd.Series) -> list[object]:
    if values.dtype != np.float32:
        return list(values.tolist())
    # A float32 goes in with its own shortest decimal digits, not with the digits of its double.
    distinct, places = np.unique(values.to_numpy(), return_inverse=True)
    return list(distinct.astype(str).astype(np.float64)[places].tolist())


def _documentation(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of `fDocColumns`, which astroquery asks for before it builds a query."""
    types = {"INTEGER": "bigint", "REAL": "float"}
    rows = [
        (table, "", column, types.get(_affinity(frame[column]), "varchar"), 8, "", "", "")
        for table, frame in tables.items()
        for column in frame.columns
    ]
    names = "tableName enum name type length unit ucd description"
    return pd.DataFrame(rows, columns=names.split())
