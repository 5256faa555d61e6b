"""The page's tables: what they compare, what they leave out, and how they say it."""

import pytest

from halflight.report.inputs import check_inputs
from halflight.report.statements import computed_on
from halflight.report.tables import parameter_table, provenance_tables, queries, score_tables


def test_scores_in_the_order_of_methods_and_missing_ones_said(inputs):
    metrics = {"survey_truth": {"aperture": {"count": 3}, "network": {"count": 3, "nll": -1.5}}}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert table.title == "Survey galaxies, against the known true radius"
    assert [row[0] for row in table.rows] == ["network", "aperture"]
    assert table.rows[0][1] == "3"
    assert table.rows[0][-2:] == ["−1.50", "not measured"]
    assert len(table.rows[0]) == len(table.columns)


def test_survey_scores_leave_out_the_fit_against_itself(inputs):
    metrics = {"survey": {"scene_fit": {"count": 3}, "fine_tuned": {"count": 3}}}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert [row[0] for row in table.rows] == ["network, fine-tuned"]
    metrics = {"survey_truth": metrics["survey"]}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert [row[0] for row in table.rows] == ["network, fine-tuned", "scene fit"]


def test_the_scatter_stands_over_the_bound_where_one_is_known(inputs):
    metrics = {"simulated": {"network": {"nmad": 0.2}}, "survey": {"fine_tuned": {"nmad": 0.2}}}
    bins = inputs["bins"].copy()
    bins.loc[bins["dataset"] == "survey", "crb_nmad"] = float("nan")
    whole = (bins["dataset"] == "simulated") & (bins["by"] == "all") & (bins["galaxies"] == "all")
    bins.loc[whole, "crb_nmad"] = 0.08
    simulated, survey = score_tables(check_inputs(**inputs | {"metrics": metrics, "bins": bins}))
    assert simulated.columns[-1] == "NMAD over the bound"
    assert simulated.rows[0][-1] == "2.5"
    assert "bound" not in " ".join(survey.columns)


def test_queries_are_listed_by_name():
    assert queries("SELECT 1") == {"query": "SELECT 1"}
    assert queries({"rows": "SELECT 2"}) == {"rows": "SELECT 2"}


def test_provenance_is_complete(inputs):
    counts, dropped, files = provenance_tables(check_inputs(**inputs).provenance)
    assert ["catalogue", "1\u202f234"] in counts.rows
    assert counts.rows[-3][1] == "0.123 pixels"
    assert dropped.rows[0] == ["near the frame's edge", "91"]
    assert files.rows[0] == ["frames/frame-r-000000.fits.bz2", "3\u202f100\u202f000", "0" * 64]


@pytest.mark.parametrize(("name", "value"), [("train.learning_rate", "0.001"), ("seed", "1")])
def test_every_parameter_is_listed(settings, name, value):
    assert [name, value] in parameter_table(settings).rows


def test_the_devices_are_said():
    places = {"train": "cuda: H200", "finetune": "cpu", "evaluate": "cpu"}
    assert computed_on(places) == "Devices: cuda: H200 in train, cpu in finetune, cpu in evaluate."
    assert computed_on(dict.fromkeys(places, "cpu")) == "Device of all networks: cpu."
    assert computed_on({}) == "Device: not measured."


def test_devices_are_no_data_set(inputs):
    scores = {"simulated": {"network": {"nmad": 0.1}}, "device": {"train": "cpu"}}
    data = check_inputs(**inputs | {"metrics": scores})
    assert data.devices == {"train": "cpu"}
    assert len(score_tables(data)) == 1
