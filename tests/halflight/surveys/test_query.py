"""The SQL that is sent."""

import pytest

from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.query import catalogue_sql

OPTIONS = {"band": "r", "where": "p.type = 3", "field_modulus": 10, "field_remainder": 7}


def make(**changes):
    return catalogue_sql(**(OPTIONS | {"truth_table": None} | changes))


def test_the_queries_share_their_condition():
    sql = make(truth_table="SyntheticTruth")
    condition = (
        "WHERE (f.run*1009+f.camcol*9176+f.field*6173)%10=7 AND (p.type = 3)"  # as in the docs
    )
    assert set(sql) == {"count", "rows", "truth", "truth_count"}
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
        {"where": "p.type = 3 # SQL"},
    ],
)
def test_bad_parameters(changes):
    with pytest.raises(SurveyParameterError, match="received|shorten"):
        make(**changes)


def test_a_row_ends_with_the_id_that_it_begins_with():
    for name in ("rows", "truth"):
        columns = make(truth_table="SyntheticTruth")[name].partition(" FROM ")[0]
        assert columns.endswith(".objID AS id_again")
