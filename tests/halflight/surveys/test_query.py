"""The SQL that is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.query import catalogue_sql, check_where

OPTIONS = {"band": "r", "where": "p.type = 3", "field_modulus": 10, "field_remainder": 7}


def make(**changes):
    return catalogue_sql(**(OPTIONS | {"truth_table": None} | changes))


def test_the_queries_share_their_condition():
    sql = make(truth_table="SyntheticTruth")
    condition = (
        "WHERE (f.run*1009+f.camcol*9176+f.field*6173)%10=7 AND (p.type = 3)"  # as in the docs
    )
    assert set(sql) == {"count", "rows", "truth"}
    assert all(condition in text for text in sql.values())
    assert sql["count"].startswith("SELECT COUNT(*) AS n FROM PhotoObjAll p JOIN Field f ON")
    assert sql["rows"].endswith("ORDER BY p.objID")
    assert "JOIN SyntheticTruth t ON t.objID = p.objID" in sql["truth"]


def test_columns_follow_the_band():
    text = make(band="i")["rows"]
    for column in ("p.cModelMag_i AS magnitude", "f.gain_i AS gain", "p.rowc_i AS rowc"):
        assert column in text
    assert "_r " not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"band": "y"},
        {"band": "gr"},
        {"band": ""},
        {"field_modulus": 0},
        {"field_remainder": 10},
        {"field_remainder": -1},
        {"truth_table": "a b"},
        {"truth_table": "t; DROP"},
        {"where": "p.ra > 1 AND " * 1000 + "1=1"},
    ],
)
def test_bad_parameters(changes):
    with pytest.raises(SurveyParameterError, match="received|shorten"):
        make(**changes)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("p.type = 3; DROP TABLE x", "';'"),
        ("p.type = 3 -- comment", "comment"),
        ("p.type = 3 /* comment */", "comment"),
        ("p.type = 'x", "quote"),
        ("p.type = 3) OR (1=1", "parentheses"),
        ("(p.type = 3", "parentheses"),
        ("p.type = 3 ORDER BY p.ra", "goes on"),
        ("1=1 union select 2", "goes on"),
    ],
)
def test_where_is_one_condition(where, said):
    with pytest.raises(SurveyParameterError, match=said):
        check_where(where)


def test_where_keeps_what_is_allowed():
    where = "p.mode = 1\n  AND (p.flags & 4) = 0 AND p.name <> 'a;b(' AND p.id IN (SELECT 1)"
    assert check_where(where) == " ".join(where.split())


@given(st.text(alphabet="()a1 =';-"))
def test_an_accepted_where_cannot_leave_its_parentheses(where):
    try:
        accepted = check_where(where)
    except SurveyParameterError:
        return
    depth, quoted = 1, False
    for character in accepted:
        quoted ^= character == "'"
        if not quoted:
            assert character != ";"
            depth += (character == "(") - (character == ")")
            assert depth > 0
    assert (depth, quoted) == (1, False)
