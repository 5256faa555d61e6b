import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.sandbox import sql
from halflight.sandbox.sql import Database, SqlError, tokens, translate

FIRST = 1237645876861337601


@pytest.fixture
def database(tiny_sky: Any) -> Iterator[Database]:
    opened = Database(tiny_sky.tables(), time_limit=10)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT objID FROM PhotoObjAll WHERE objID = 1237645876861337601", [(FIRST,)]),
        ("select top 1 objid from dbo.PhotoObjAll order by objid desc", [(FIRST + 2,)]),
        ("SELECT TOP (2) objID FROM BestDR17.dbo.PhotoObj", [(FIRST,), (FIRST + 1,)]),
        ("SELECT DISTINCT TOP 1 mode FROM PhotoObjAll ORDER BY mode", [(1,)]),
        ("SELECT COUNT(*) FROM PhotoObjAll", [(3,)]),
        ("SELECT COUNT(*) FROM PhotoPrimary", [(2,)]),
        ("SELECT COUNT(*) FROM [Galaxy]", [(1,)]),
        ("SELECT COUNT(*) FROM Star", [(1,)]),
        ("SELECT COUNT(*) FROM PhotoSecondary", [(1,)]),
        ("SELECT objID FROM PhotoObjAll WHERE (flags_r & 1099511627776) <> 0", [(FIRST,)]),
        (
            "SELECT objID FROM PhotoObjAll WHERE flags_r & 2 != 0 AND flags_r | 4 = 7",
            [(FIRST + 1,)],
        ),
        ("SELECT objID%10 AS last FROM PhotoObjAll WHERE modelMag_r BETWEEN 18 AND 19", [(2,)]),
        ("SELECT ISNULL(modelMag_r, -9999) FROM PhotoObjAll WHERE mode=2", [(-9999,)]),
        ("SELECT LEN('abc'), ROUND(LOG(2.718281828459045), 6)", [(3, 1.0)]),
        ("SELECT dbo.fPhotoTypeN(type) FROM PhotoObjAll WHERE mode=2", [("GALAXY",)]),
        ("SELECT p.objID, f.run FROM Galaxy p JOIN Field f ON f.fieldID=p.fieldID", [(FIRST, 94)]),
        ("SELECT 'it''s -- text /* */ TOP 3; dbo.x'", [("it's -- text /* */ TOP 3; dbo.x",)]),
        ("SELECT 1 /* note */ -- end", [(1,)]),
        ("SELECT mode FROM (SELECT TOP 1 mode FROM PhotoObjAll ORDER BY objID DESC) x;", [(2,)]),
        ("WITH g AS (SELECT * FROM Galaxy) SELECT COUNT(*) FROM g", [(1,)]),
        ("SELECT name FROM dbo.fDocColumns('field') WHERE name='score'", [("score",)]),
        ("SELECT COUNT(*) FROM SpecObj s JOIN PhotoPrimary p ON p.objID=s.bestObjID", [(0,)]),
        ("SELECT 1 WHERE 'GALAXY' = 'galaxy' COLLATE NOCASE", [(1,)]),
    ],
)
def test_queries(database: Database, query: str, rows: list[tuple[object, ...]]) -> None:
    assert database.query(query)[1] == rows


def test_column_names_are_the_querys_own(database: Database) -> None:
    names, _ = database.query("SELECT p.objID, COUNT(*), MAX(mode) AS top_mode FROM PhotoObjAll p")
    assert names == ["objID", "Column2", "top_mode"]


def test_text_compares_without_case() -> None:
    table = pd.DataFrame({"objID": [1], "fieldID": [1], "mode": [1], "type": [3]})
    spectra = pd.DataFrame({"class": ["GALAXY"], "bestObjID": [1], "sciencePrimary": [1]})
    field = pd.DataFrame({"fieldID": [1]})
    tables = {"PhotoObjAll": table, "Field": field, "SpecObjAll": spectra}
    database = Database(tables, time_limit=10)
    assert database.query("SELECT COUNT(*) FROM SpecObj WHERE class='galaxy'")[1] == [(1,)]
    database.close()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Only SELECT"),
        ("DROP TABLE Field", "Only SELECT"),
        ("SELECT 1; DROP TABLE Field", "Only one statement"),
        ("WITH x AS (SELECT 1) DELETE FROM Field", "not authorized|syntax"),
        ("WITH x AS (SELECT 1) INSERT INTO Field(run) SELECT 1", "not authorized"),
        ("SELECT * INTO mydb.x FROM Field", "syntax"),
        ("SELECT load_extension('x')", "not authorized|no such function"),
        ("SELECT * FROM nowhere", "no such table"),
        ("SELECT sky FROM Field", "no such column"),
        ("SELECT 'open FROM Field", "Incorrect syntax near"),
        ("SELECT TOP many run FROM Field", "TOP must"),
        ("SELECT TOP 1 run FROM Field UNION SELECT 2", "UNION"),
        ("SELECT run) FROM Field", "Incorrect syntax"),
        ("SELECT * FROM fDocColumns(Field)", "fDocColumns"),
        ("SELECT * FROM pragma_table_info('Field')", "not authorized"),
    ],
)
def test_refusals_change_nothing(database: Database, query: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        database.query(query)
    assert database.query("SELECT COUNT(*), MIN(run) FROM Field")[1] == [(1, 94)]


def test_a_slow_query_is_stopped(tiny_sky: Any) -> None:
    database = Database(tiny_sky.tables(), time_limit=0.2)
    endless = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(SqlError, match=r"longer than the limit of 0\.2 s"):
        database.query(endless)
    assert database.query("SELECT COUNT(*) FROM Field")[1] == [(1,)]
    database.close()


def test_a_large_answer_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "ROW_LIMIT", 2)
    with pytest.raises(SqlError, match="more than 2 rows"):
        database.query("SELECT * FROM PhotoObjAll")


def test_threads_share_a_database(database: Database) -> None:
    barrier = threading.Barrier(8)

    def ask(number: int) -> object:
        barrier.wait(timeout=20)
        return database.query(f"SELECT {number}, COUNT(*) FROM PhotoObjAll")[1]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [[(n, 3)] for n in range(8)]


@given(st.text())
def test_any_text_is_translated_or_refused(text: str) -> None:
    try:
        translated = translate(text)
    except SqlError:
        return
    assert tokens(translated)


@given(st.text(alphabet="ab'; -/*TOPselect1", max_size=30))
def test_text_literals_survive(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert quoted in translate(f"SELECT {quoted}")
