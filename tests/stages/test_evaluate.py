"""Evaluation: which objects are tested, by which methods, and what each is compared with."""

import numpy as np
import pandas as pd
import pytest

from halflight import files, store
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measured import measured_objects
from stages import combine, evaluate
from tests.tiny import RADIUS

from .conftest import PLACE

METHODS = {
    "simulated": {"network", "combined", "scene_fit", "sersic_fit", "aperture"},
    "survey": {
        "combined",
        "zero_shot",
        "fine_tuned",
        "from_scratch",
        "scene_fit",
        "sersic_fit",
        "aperture",
    },
}


@pytest.fixture
def evaluated(surveyed, estimators, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    measured = pd.read_parquet(PLACE.classical("survey"))
    measured.loc[measured["id"] == 1101, "scene_fit_converged"] = False
    measured.loc[measured["id"] == 1106, "scene_fit_ln_radius"] = np.nan
    files.write_parquet(PLACE.classical("survey"), measured)
    combine.main("radius")
    evaluate.main("radius")


def split_for_tests(dataset):
    table = store.read_stamps(PLACE.prepared(dataset)).table
    return table[table["split"] == "test"]


def of_the_radius():
    table = pd.read_parquet(PLACE.predictions)
    return table[table["quantity"] == "ln_radius"]


def of_the_test_split(dataset):
    stamps = store.read_stamps(PLACE.stamps(dataset))
    return measured_objects(PLACE, RADIUS, stamps, dataset, "test")


def test_objects_are_of_the_test_split_and_measured_classically(surveyed):
    measured = pd.read_parquet(PLACE.classical("simulated"))
    kept = measured[measured["id"] != split_for_tests("simulated")["id"].iloc[4]]
    files.write_parquet(PLACE.classical("simulated"), kept)
    test, classical = of_the_test_split("simulated")
    assert (
        test["id"].tolist()
        == split_for_tests("simulated")["id"].drop(split_for_tests("simulated").index[4]).tolist()
    )
    assert classical["id"].tolist() == test["id"].tolist()
    survey, classical = of_the_test_split("survey")
    assert survey["id"].tolist() == split_for_tests("survey")["id"].tolist()
    assert classical["id"].tolist() == survey["id"].tolist()


def test_every_method_measures_every_object_of_its_data_set(evaluated):
    table = pd.read_parquet(PLACE.predictions)
    assert set(table["quantity"]) == {"ln_radius", "ln_axis_ratio", "magnitude"}
    table = table[table["quantity"] == "ln_radius"]
    for dataset, methods in METHODS.items():
        of = table[table["dataset"] == dataset]
        assert set(of["method"]) == methods
        for method, rows in of.groupby("method"):
            missing = {1106} if (dataset, method) == ("survey", "scene_fit") else set()
            assert set(rows["id"]) == set(split_for_tests(dataset)["id"]) - missing, method


def test_a_network_measures_the_stamp_of_the_object(evaluated):
    table = of_the_radius().set_index(["method", "id"])
    raw = store.read_stamps(PLACE.stamps("survey"))
    where = {"zero_shot": PLACE.trained, "fine_tuned": PLACE.finetuned("fine_tuned")}
    for method, folder in where.items():
        measured = Estimator.load(folder).measure_stamps(raw).set_index(raw.table["id"])
        rows = table.loc[method]
        np.testing.assert_array_equal(rows["value"], measured.loc[rows.index, "ln_radius"])
        np.testing.assert_array_equal(rows["sigma"], measured.loc[rows.index, "ln_radius_sigma"])


def test_the_reference_of_the_survey_is_a_converged_fit(evaluated):
    objects = pd.read_parquet(PLACE.objects).set_index(["dataset", "id"])
    survey = objects.loc["survey"]
    without = survey.index[survey["ln_radius_reference"].isna()]
    assert without.tolist() == [1101, 1106]
    assert survey["ln_radius_truth"].notna().all()
    assert survey["ln_radius_bound"].isna().all()
    simulated = objects.loc["simulated"]
    assert (simulated["ln_radius_reference"] == simulated["ln_radius_truth"]).all()
    assert (simulated["ln_radius_bound"] == 0.02).all()


def test_the_scores_are_of_every_method_and_say_where_they_were_computed(evaluated):
    metrics = files.read_json(PLACE.metrics)
    assert metrics["device"] == {"train": "cpu", "finetune": "cpu", "evaluate": "cpu"}
    scores = metrics["ln_radius"]
    assert set(scores) == {"simulated", "survey", "survey_truth"}
    assert set(scores["simulated"]) == METHODS["simulated"]
    assert set(scores["survey"]) == METHODS["survey"] - {"combined", "scene_fit"}
    assert set(scores["survey_truth"]) == METHODS["survey"]
    assert scores["survey"]["zero_shot"]["count"] == 8
    assert scores["survey_truth"]["zero_shot"]["count"] == 10
    assert scores["survey_truth"]["scene_fit"]["count"] == 9
    bins = pd.read_csv(PLACE.bins)
    assert set(bins["quantity"]) == {"ln_radius", "ln_axis_ratio", "magnitude"}
    assert {"all", "magnitude", "size_over_psf"} <= set(bins["by"])
    transfer = pd.read_csv(PLACE.transfer)
    of_radius = transfer[transfer["quantity"] == "ln_radius"]
    transfer = of_radius.set_index(["against", "arm"])["count_labels"]
    assert transfer["reference"].to_dict() == {
        "zero_shot": 0, "fine_tuned": 10, "from_scratch": 11, "aperture": 0, "sersic_fit": 0,
    }  # fmt: skip


def test_a_fit_that_did_not_converge_has_a_value_and_no_error_bar(evaluated):
    table = of_the_radius().set_index(["method", "id"])
    one = table.loc[("scene_fit", 1101)]
    assert np.isfinite(one["value"])
    assert np.isnan(one["sigma"])
    fit = files.read_json(PLACE.metrics)["ln_radius"]["survey_truth"]["scene_fit"]
    assert (fit["count"], fit["without_error"]) == (9, 1)


@pytest.mark.parametrize("method", ["scene_fit", "sersic_fit"])
def test_whether_a_fit_converged_must_be_true_or_false(surveyed, estimators, method):
    estimators()
    combine.main("radius")
    measured = pd.read_parquet(PLACE.classical("simulated"))
    measured[f"{method}_converged"] = "yes"
    files.write_parquet(PLACE.classical("simulated"), measured)
    with pytest.raises(ValueError, match=f"{method}_converged must hold true or false.*'yes'"):
        evaluate.main("radius")


def test_network_and_fit_are_joined_as_the_estimator_says(evaluated):
    joint = Joint.load(PLACE.estimator)
    table = of_the_radius().set_index(["dataset", "id"])
    of = dict(iter(table.groupby("method")))
    for dataset, network in (("simulated", "network"), ("survey", "zero_shot")):
        fit = of["scene_fit"].loc[dataset].reindex(of["combined"].loc[dataset].index)
        if dataset == "survey":
            fit.loc[1101, ["value", "sigma"]] = np.nan  # it did not converge
        one = of[network].loc[dataset].loc[fit.index]
        measured = pd.read_parquet(PLACE.classical(dataset)).set_index("id").loc[fit.index]
        value, sigma, dof = joint.combinations["ln_radius"].joined(
            *(frame[name].to_numpy() for frame in (fit, one) for name in ("value", "sigma")),
            *(measured[f"scene_fit_{name}"].to_numpy() for name in ("contamination", "misfit")),
            one["dof"].to_numpy(),
        )
        for name, expected in {"value": value, "sigma": sigma, "dof": dof}.items():
            np.testing.assert_array_equal(of["combined"].loc[dataset][name], expected)


def test_without_a_combination_the_network_and_the_fits_stand_alone(surveyed, estimators):
    estimators()
    combine.main("radius")  # of 10 stamps, which are too few
    evaluate.main("radius")
    assert "combined" not in set(pd.read_parquet(PLACE.predictions)["method"])
