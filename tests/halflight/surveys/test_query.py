"""The SQL that is sent."""

import pytest

from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.query import catalogue_sql
from halflight.surveys.wanted import INTEGER_COLUMNS, REAL_COLUMNS, Wanted

OPTIONS = {"where": "p.type = 3", "field_modulus": 10, "field_remainder": 7}


WANTED = {"bands": ("r",), "reference": "r"}
SOURCES = {
    "bands": ("u", "g", "r"),
    "photometry": ("psf_magnitude", "extinction"),
    "label": "spectra",
    "truths": ("is_star", "kind"),
}


def make(wanted=None, **changes):
    options = OPTIONS | {"truth_table": None} | changes
    return catalogue_sql(Wanted(**(WANTED | (wanted or {}))), **options)


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
    text = make({"bands": ("i",), "reference": "i"})["rows"]
    for column in ("p.cModelMag_i AS magnitude", "f.gain_i AS gain", "p.rowc_i AS rowc"):
        assert column in text
    assert "_r " not in text


@pytest.mark.parametrize(
    "changes",
    [
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


@pytest.mark.parametrize(
    "wanted",
    [
        {"bands": ("y",), "reference": "y"},
        {"bands": ("gr",), "reference": "gr"},
        {"bands": ("",), "reference": ""},
        {"bands": ()},
        {"bands": ("r", "r")},
        {"reference": "i"},
        {"photometry": ("fluxes",)},
        {"label": "colour"},
        {"truths": ("a b",)},
    ],
)
def test_nothing_is_wanted_that_there_is_not(wanted):
    with pytest.raises(SurveyParameterError, match="received|must be"):
        make(wanted, truth_table="SyntheticTruth")


def test_of_several_bands_and_a_spectrum():
    sql = make(SOURCES, truth_table="SyntheticTruth")
    rows = sql["rows"]
    for column in (
        *("p.psfMag_u AS psf_magnitude_u", "p.extinction_r AS extinction_r", "s.class AS spec"),
        *("p.cModelMag_g AS cmodel_magnitude_g", "f.gain_u AS gain_u", "p.type AS photometric"),
        *("f.gain_r AS gain,", "s.z AS redshift"),
    ):
        assert column in rows
    assert "gain_r AS gain_r" not in rows
    assert all("JOIN SpecObj s ON s.bestObjID = p.objID" in text for text in sql.values())
    assert "t.kind AS true_kind" in sql["truth"]
    assert "SpecObj" not in make(SOURCES | {"label": "type"})["rows"]


def test_one_band_asks_for_nothing_new():
    """The columns of a task of one band and no label are those that every row has."""
    columns = make()["rows"].partition(" FROM ")[0].count(" AS ")
    assert columns == len(INTEGER_COLUMNS) + len(REAL_COLUMNS) + 1


def test_a_row_ends_with_the_id_that_it_begins_with():
    for name in ("rows", "truth"):
        columns = make(truth_table="SyntheticTruth")[name].partition(" FROM ")[0]
        assert columns.endswith(".objID AS id_again")
