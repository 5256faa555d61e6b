"""Malformed inputs are refused with the table, the column and the value; missing parts are not."""

import numpy as np
import pandas as pd
import pytest

from halflight.report.inputs import (
    COLUMNS,
    OPTIONAL,
    check_inputs,
    check_provenance,
    check_stamps,
    check_table,
)


@pytest.mark.parametrize("name", COLUMNS)
def test_none_and_a_bare_frame_are_empty_tables(name):
    for missing in (None, pd.DataFrame()):
        table = check_table(missing, name)
        assert table.empty
        assert list(table.columns) == [*COLUMNS[name], *OPTIONAL.get(name, ())]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_column_is_named(inputs, name):
    column = next(iter(COLUMNS[name]))
    with pytest.raises(ValueError, match=rf"'{name}' lacks.*{column}"):
        check_table(inputs[name].drop(columns=column), name)


def test_text_where_numbers_belong_is_named(inputs):
    table = inputs["bins"].astype({"nmad": object})
    table.loc[0, "nmad"] = "small"
    with pytest.raises(ValueError, match=r"bins\.nmad.*small"):
        check_table(table, "bins")


def test_none_among_numbers_is_nan(inputs):
    table = inputs["bins"].astype({"nmad": object})
    table.loc[0, "nmad"] = None
    assert np.isnan(check_table(table, "bins")["nmad"][0])


def test_the_callers_table_is_not_changed(inputs):
    table = inputs["bins"].astype({"count": "int32"})
    check_table(table, "bins")
    assert table["count"].dtype == "int32"


def test_unknown_datasets_and_references_are_refused(inputs):
    with pytest.raises(ValueError, match=r"objects\.dataset.*moon"):
        check_table(inputs["objects"].assign(dataset="moon"), "objects")
    with pytest.raises(ValueError, match=r"transfer\.against.*hope"):
        check_table(inputs["transfer"].assign(against="hope"), "transfer")
    with pytest.raises(ValueError, match=r"bins\.method.*guess.*known are \['network'"):
        check_table(inputs["bins"].assign(method="guess"), "bins")
    with pytest.raises(ValueError, match=r"history\.arm.*leg"):
        check_table(inputs["history"].assign(arm="leg"), "history")


def test_repeated_rows_are_refused(inputs):
    twice = pd.concat([inputs["objects"], inputs["objects"].head(1)])
    with pytest.raises(ValueError, match=r"objects.*more than one row.*simulated"):
        check_table(twice, "objects")


def test_predictions_without_an_object_are_refused(inputs):
    with pytest.raises(ValueError, match="predictions have no row in 'objects'"):
        check_inputs(**inputs | {"objects": inputs["objects"].iloc[1:]})


def test_anything_but_a_table_is_refused():
    with pytest.raises(TypeError, match="bins must be a pandas DataFrame or None, got list"):
        check_table([1], "bins")


def test_provenance_must_say_what_the_data_are(inputs):
    provenance = inputs["provenance"]
    with pytest.raises(ValueError, match=r"lacks \['endpoint'\]"):
        check_provenance({k: v for k, v in provenance.items() if k != "endpoint"})
    with pytest.raises(ValueError, match="'hubble'"):
        check_provenance(provenance | {"endpoint": "hubble"})
    assert check_provenance({k: provenance[k] for k in ("endpoint", "release", "band", "sql")})[
        "files"
    ] == []  # fmt: skip


def test_stamps_must_fit_together():
    image = np.zeros((2, 8, 8), np.float32)
    good = {"image": image, "sigma": image, "labels": ["a", "b"], "pixel_scale": 0.4}
    with pytest.raises(ValueError, match=r"'survey'.*sigma.*pixel_scale"):
        check_stamps({"image": image, "labels": ["a", "b"]}, "survey")
    with pytest.raises(ValueError, match=r"\(2, 8, 8\) and \(1, 8, 8\)"):
        check_stamps(good | {"sigma": image[:1]}, "survey")
    with pytest.raises(ValueError, match="1 entries for 2 stamps"):
        check_stamps(good | {"labels": ["a"]}, "survey")
    stamps = check_stamps(good, "survey")
    assert stamps.pixel_scale == 0.4
    assert np.isnan(stamps.position_angle).all()
    assert stamps.id == (None, None)


def test_an_unknown_gallery_is_refused(inputs):
    with pytest.raises(ValueError, match="moon"):
        check_inputs(**inputs | {"gallery": {"moon": None}})


def test_degrees_of_freedom_that_are_not_told_are_a_gaussians(inputs):
    assert np.isinf(check_table(inputs["predictions"], "predictions")["dof"]).all()
    some = inputs["predictions"].assign(dof=np.nan)
    some.loc[some.index[0], "dof"] = 3.0
    table = check_table(some, "predictions")
    assert table["dof"][0] == 3.0
    assert np.isinf(table["dof"][1:]).all()
    with pytest.raises(ValueError, match=r"predictions\.dof.*many"):
        check_table(some.assign(dof="many"), "predictions")
