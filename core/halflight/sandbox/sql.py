"""A sky's tables in SQLite, queried by many clients at once, each within bounds.

A query may read the tables, call the functions of `FUNCTIONS`, and take so much time, memory and
room in the reply. Text compares without case, as in SQL Server.
"""

import math
import queue
import re
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight.sandbox.dialect import SqlError, tokens, translate
from halflight.text import printable, shortened

__all__ = ["ROW_LIMIT", "Database", "SqlError", "tokens", "translate"]

ROW_LIMIT = 500_000  # SkyServer's own limit for one query
REPLY_LIMIT = 64 * 2**20  # bytes of all values: ten times a catalogue of 500 000 galaxies' ids
QUERIES_AT_ONCE = 16  # more wait: each has a connection, and shares the processor with the others
MEMORY_LIMIT = 512 * 2**20  # bytes that SQLite takes in this process: sorts, joins, caches
STEPS_BETWEEN_CHECKS = 1_000  # of SQLite's machine: less than a millisecond
SELECTS = 5_000  # compiled in one query: common tables of common tables double at every level
NUMBER_SIZE = 24  # bytes that a number counts in a reply

# SQLite's own limits (sqlite.org/limits.html), where the built-in ones let one call run for minutes
ENGINE_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2**16,  # bytes of a value: a search in one takes its square
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2**17,  # the longest query, and what translation adds
    sqlite3.SQLITE_LIMIT_COLUMN: 2_000,  # PhotoObjAll joined with itself has 700
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 1_000,  # of a condition with as many ORs
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,  # UNIONs
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,  # instructions of a compiled query: a thousand is long
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,  # time grows with its square
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

# Functions that a catalogue query may call; each takes a time that its arguments' lengths bound.
_NAMES = (
    "abs acos asin atan atan2 avg ceil ceiling coalesce cos count degrees dense_rank exp floor"
    " fphototypen ifnull iif length like ln log log10 lower ltrim max min mod nullif pi pow power"
    " radians rank replace round row_number rtrim sign sin sqrt substr substring sum tan total"
    " trim trunc upper"
)
FUNCTIONS = frozenset(_NAMES.split())

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


class Database:
    """The tables of one sky, loaded once, queried read-only by any thread."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], *, time_limit: float) -> None:
        """Load `tables` (name -> rows); a query may run for `time_limit` seconds."""
        self._time_limit = time_limit
        self._stopping = threading.Event()
        empty = {name: pd.DataFrame(columns=columns) for name, columns in EMPTY.items()}
        complete = empty | dict(tables)
        complete["DocColumns"] = _documentation(complete)
        readable = frozenset(name.lower() for name in (*complete, *VIEWS))
        self._free: queue.Queue[_Reader] = queue.Queue()
        with tempfile.TemporaryDirectory() as folder:  # which the open file outlives
            file = Path(folder) / "sky.sqlite"
            _write(file, complete)
            self._readers = [_Reader(file, readable) for _ in range(QUERIES_AT_ONCE)]
        for reader in self._readers:
            self._free.put(reader)

    def query(self, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Answer one T-SQL query: column names (`Column1`... where it gives none) and rows.

        Raises:
            SqlError: the query is not understood, not allowed, too slow or too large.
        """
        statement = translate(query)
        deadline = time.monotonic() + self._time_limit

        def late() -> bool:
            return self._stopping.is_set() or time.monotonic() > deadline

        with self._reader() as reader:
            try:
                return reader.answer(statement, late)
            except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
                if late():
                    message = f"The query took longer than the limit of {self._time_limit:g} s."
                    raise SqlError(message) from error
                raise SqlError(f"SQL error: {shortened(printable(str(error)))}.") from error
            except MemoryError as error:
                message = f"The query needs more than {MEMORY_LIMIT >> 20} MiB: restrict it."
                raise SqlError(message) from error

    @contextmanager
    def _reader(self) -> Iterator["_Reader"]:
        """A connection that nobody else uses meanwhile."""
        try:
            reader = self._free.get(timeout=self._time_limit)
        except queue.Empty as error:
            raise SqlError(f"{QUERIES_AT_ONCE} queries are running: try again.") from error
        try:
            yield reader
        finally:
            self._free.put(reader)

    def stop(self) -> None:
        """Interrupt what runs; later queries are refused."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, and free the memory."""
        self.stop()
        for _ in self._readers:
            self._free.get().connection.close()


class _Reader:
    """One connection that can do nothing but read, within the limits above."""

    def __init__(self, file: Path, readable: frozenset[str]) -> None:
        """Open a file that never changes; `readable`: the tables that a query may name."""
        self.readable = readable
        self.selects = 0
        self.connection = sqlite3.connect(
            f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self.connection.execute("PRAGMA temp_store = MEMORY")
        self.connection.execute(f"PRAGMA hard_heap_limit = {MEMORY_LIMIT}")
        # What SQLite reads of the schema, it reads now, before names are judged.
        self.connection.execute("SELECT COUNT(*) FROM PhotoObj").fetchone()
        self.connection.create_function("fPhotoTypeN", 1, PHOTO_TYPES.get, deterministic=True)
        self.connection.create_function("LOG", 1, _logarithm, deterministic=True)
        for limit, largest in ENGINE_LIMITS.items():
            self.connection.setlimit(limit, largest)

    def answer(
        self, statement: str, late: Callable[[], bool]
    ) -> tuple[list[str], list[tuple[object, ...]]]:
        """Column names and rows of a statement; sqlite3.Error once it is `late`, or refused."""
        self.selects = 0
        self.connection.set_authorizer(lambda *asked: self._judge(late, *asked))
        self.connection.set_progress_handler(late, STEPS_BETWEEN_CHECKS)
        rows: list[tuple[object, ...]] = []
        size = 0
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(statement)
            given = [column[0] for column in cursor.description]
            while chunk := cursor.fetchmany(1_000):
                rows += chunk
                size += sum(_size(value) for row in chunk for value in row)
                if len(rows) > ROW_LIMIT:
                    raise SqlError(f"The query gives more than {ROW_LIMIT} rows: restrict it.")
                if size > REPLY_LIMIT:
                    message = f"The query gives more than {REPLY_LIMIT >> 20} MiB: restrict it."
                    raise SqlError(message)
                if late():
                    raise sqlite3.OperationalError("interrupted")
        names = [n if n.isidentifier() else f"Column{k}" for k, n in enumerate(given, start=1)]
        return names, rows

    def _judge(
        self, late: Callable[[], bool], action: int, first: str | None, second: str | None, *_: Any
    ) -> int:
        """Whether a query may do this; asked while it is compiled, so that this ends, too."""
        match action:
            case sqlite3.SQLITE_SELECT:
                self.selects += 1
                allowed = self.selects <= SELECTS
            case sqlite3.SQLITE_READ:
                # The query's own tables are named by no column.
                allowed = second == "" or (first or "").lower() in self.readable
            case sqlite3.SQLITE_FUNCTION:
                allowed = (second or "").lower() in FUNCTIONS
            case sqlite3.SQLITE_RECURSIVE:
                allowed = True
            case _:
                allowed = False
        return sqlite3.SQLITE_OK if allowed and not late() else sqlite3.SQLITE_DENY


def _size(value: object) -> int:
    """Bytes that a value counts in a reply."""
    if isinstance(value, bytes):
        raise SqlError("A value is binary, which a reply cannot hold: leave it out.")
    return len(value) if isinstance(value, str) else NUMBER_SIZE


def _write(file: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables, views and indices to a new file."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        for name, table in tables.items():
            _load(connection, name, table)
        for name, definition in VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {definition}")
        for key in ("PhotoObjAll(objID)", "PhotoObjAll(fieldID)", "Field(fieldID)"):
            index = re.sub(r"\W", "_", key)
            connection.execute(f"CREATE INDEX {index} ON {key}")


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
