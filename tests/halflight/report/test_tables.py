"""The page's tables: what they compare, what they leave out, and how they say it."""

import numpy as np
import pandas as pd
import pytest

from halflight.report.inputs import check_inputs
from halflight.report.statements import computed_on
from halflight.report.tables import (
    comparable_bins,
    headline,
    magnitude_table,
    parameter_table,
    provenance_tables,
    score_tables,
)


def make_bins(**columns):
    row = {
        "dataset": "simulated", "method": "network", "bin_low": 15.0, "bin_high": 16.0,
        "count": 1200, "bias": 0.0, "nmad": 0.03, "nmad_low": 0.025, "nmad_high": 0.035,
        "outlier_fraction": 0.0, "coverage_68": 0.68, "crb_nmad": 0.02,
    }  # fmt: skip
    return pd.DataFrame(row | columns)


def test_the_main_table_by_hand():
    bins = make_bins(method=["network", "aperture"], nmad=[0.03, 0.1], nmad_low=[0.025, np.nan])
    table = magnitude_table(bins, "simulated")
    assert table.columns == [
        "magnitude", "galaxies", "network", "aperture", "Cramér–Rao bound", "network / bound",
    ]  # fmt: skip
    assert table.rows == [["15–16", "1\u202f200", "0.0300", "0.100", "0.0200", "1.50"]]
    assert table.details == {(0, 2): "0.0250–0.0350"}


def test_a_method_that_measured_fewer_galaxies_says_so():
    bins = make_bins(method=["network", "sersic_fit"], count=[1200, 1100])
    details = magnitude_table(bins, "simulated").details
    assert details == {(0, 2): "0.0250–0.0350", (0, 3): "0.0250–0.0350, of 1\u202f100"}


def test_an_empty_bin_is_not_measured():
    bins = make_bins(count=[0], nmad=np.nan, nmad_low=np.nan, nmad_high=np.nan, crb_nmad=np.nan)
    table = magnitude_table(bins, "simulated")
    assert table.rows == [["15–16", "0", "not measured"]]
    assert table.columns == ["magnitude", "galaxies", "network"]  # no bound, no column for it


def test_bins_against_the_truth_are_preferred_where_measured():
    bins = make_bins(dataset="survey", against=["reference", "truth"], nmad=[0.05, 0.07])
    rows, against = comparable_bins(bins, "survey")
    assert (against, rows["nmad"].tolist()) == ("truth", [0.07])
    rows, against = comparable_bins(bins.assign(nmad=[0.05, np.nan]), "survey")
    assert (against, rows["nmad"].tolist()) == ("reference", [0.05])


def test_a_fit_is_not_judged_against_itself():
    bins = make_bins(dataset="survey", method=["scene_fit", "fine_tuned"])
    assert comparable_bins(bins, "survey")[0]["method"].tolist() == ["fine_tuned"]


def test_scores_in_the_order_of_methods_and_missing_ones_said(inputs):
    metrics = {"survey_truth": {"aperture": {"count": 3}, "network": {"count": 3, "nll": -1.5}}}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert table.title == "Survey galaxies, against the known true radius"
    assert [row[0] for row in table.rows] == ["network", "aperture"]
    assert table.rows[0][1] == "3"
    assert table.rows[0][-2:] == ["−1.50", "not measured"]


def test_survey_scores_leave_out_the_fit_against_itself(inputs):
    metrics = {"survey": {"scene_fit": {"count": 3}, "fine_tuned": {"count": 3}}}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert [row[0] for row in table.rows] == ["network, fine-tuned"]
    metrics = {"survey_truth": metrics["survey"]}
    (table,) = score_tables(check_inputs(**inputs | {"metrics": metrics}))
    assert [row[0] for row in table.rows] == ["network, fine-tuned", "scene fit"]


def test_the_headline_is_computed(inputs):
    metrics = {"simulated": {"network": {"count": 4000, "nmad": 0.0421, "coverage_68": 0.671}}}
    text = headline(check_inputs(**inputs | {"metrics": metrics}))
    assert "4\u202f000" in text
    assert "0.0421" in text
    assert "67.1\u202f%" in text
    assert "not measured" in headline(check_inputs(**inputs | {"metrics": None}))


def test_provenance_is_complete(inputs):
    counts, dropped, files = provenance_tables(check_inputs(**inputs).provenance)
    assert ["catalogue", "1\u202f234"] in counts.rows
    assert counts.rows[-3][1] == "0.123 pixels"
    assert dropped.rows[0] == ["near the frame's edge", "91"]
    assert files.rows[0] == ["frames/frame-r-000000.fits.bz2", "3\u202f100\u202f000", "0" * 64]


@pytest.mark.parametrize(("name", "value"), [("train.learning_rate", "0.001"), ("seed", "1")])
def test_every_parameter_is_listed(inputs, name, value):
    assert [name, value] in parameter_table(inputs["params"]).rows


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
