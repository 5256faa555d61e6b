"""The tables of an evaluation, on a handful of objects whose scores are known by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import tasks
from halflight.scores import tables as scoring
from halflight.scores.statistics import implied_nmad
from halflight.tasks import Quantity

OPEN = ((-np.inf, np.inf),)
EDGES = {
    "magnitude": ((14.0, 17.5), (17.5, 18.5)),
    "size_over_psf": OPEN,
    "sersic_n": OPEN,
    "axis_ratio": OPEN,
    "neighbour_flux_fraction": ((-np.inf, 0.01), (0.01, np.inf)),
}
# The headline alone: what is said of one quantity is said of each.
RADIUS = replace(tasks.get("radius"), quantities=(tasks.get("radius").headline,))
AXIS_RATIO = Quantity("axis_ratio", "axis_ratio", "axis ratio", "q", outlier=0.05)


def objects(dataset="survey", reference=0.0, truth=np.nan):
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": np.arange(6),
            "group": ["a", "a", "b", "b", "c", "c"],
            "magnitude": [14.5, 15.0, 15.5, 16.0, 17.0, 19.0],
            "ln_radius_reference": reference,
            "ln_radius_truth": truth,
            "ln_radius_bound": [0.01, 0.02, 0.03, 0.04, np.nan, 0.1],
            **dict.fromkeys(("size_over_psf", *scoring.TRAITS), np.nan),
        }
    )


def predictions(method, offsets, sigma=0.1, dataset="survey"):
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": np.arange(6),
            "method": method,
            "quantity": "ln_radius",
            "value": offsets,
            "sigma": sigma,
        }
    )


def score(table, known):
    metrics, bins = scoring.score(RADIUS, table, known, edges=EDGES, seed=0, bootstrap=50)
    assert set(metrics) == {"ln_radius"}
    assert set(bins["quantity"]) == {"ln_radius"}
    return metrics["ln_radius"], bins


def by(bins, column):
    return bins[(bins["by"] == column) & (bins["galaxies"] == "all")]


def test_scores_by_hand():
    offsets = [-0.4, -0.1, 0.0, 0.0, 0.1, 0.4]
    metrics, bins = score(predictions("network", offsets), objects())
    scores = metrics["survey"]["network"]
    assert scores["count"] == 6
    assert scores["bias"] == pytest.approx(0.0)
    assert scores["nmad"] == pytest.approx(1.4826 * 0.1)
    assert scores["outlier_fraction"] == pytest.approx(2 / 6)
    assert scores["coverage_68"] == pytest.approx(2 / 6)  # |D| <= 0.0994 sigma-wise: the two zeros
    assert by(bins, "all")["count"].tolist() == [6]
    of_magnitude = by(bins, "magnitude")
    assert of_magnitude["count"].tolist() == [5]  # r = 19 lies in no bin
    assert of_magnitude["nmad"].tolist() == pytest.approx([1.4826 * 0.1])


def test_the_reference_is_not_compared_with_itself():
    table = pd.concat([predictions("scene_fit", 0.2), predictions("zero_shot", 0.1)])
    metrics, _ = score(table, objects())
    assert set(metrics) == {"survey"}
    assert set(metrics["survey"]) == {"zero_shot"}
    metrics, _ = score(table, objects(truth=0.1))
    assert set(metrics["survey_truth"]) == {"scene_fit", "zero_shot"}
    assert metrics["survey_truth"]["scene_fit"]["bias"] == pytest.approx(np.expm1(0.1))


def test_simulated_galaxies_are_compared_with_the_truth_alone():
    table = predictions("network", 0.0, dataset="simulated")
    metrics, bins = score(table, objects("simulated", truth=0.0))
    assert set(metrics) == {"simulated"}
    assert set(bins["against"]) == {"truth"}


def test_a_method_without_error_bars_has_no_coverage():
    metrics, bins = score(predictions("aperture", 0.1, sigma=np.nan), objects())
    assert "coverage_68" not in metrics["survey"]["aperture"]
    assert metrics["survey"]["aperture"]["without_error"] == 6
    assert bins["coverage_68"].isna().all()


def test_a_students_intervals_are_wider_than_a_gaussians_of_the_same_sigma():
    """2.5 sigma is beyond a Gaussian's 95 % and within a Cauchy's; no degrees of freedom: inf."""
    offsets = np.full(6, 0.25)
    gaussian, _ = score(predictions("network", offsets), objects())
    student, _ = score(predictions("network", offsets).assign(dof=1.0), objects())
    mixed, bins = score(
        predictions("network", offsets).assign(dof=[1.0, np.nan, np.inf, 1.0, 1.0, 1.0]), objects()
    )
    held = [m["survey"]["network"]["coverage_95"] for m in (gaussian, student, mixed)]
    assert held == [0.0, 1.0, pytest.approx(4 / 6)]
    assert by(bins, "all")["coverage_95"].tolist() == [pytest.approx(4 / 6)]
    with pytest.raises(ValueError, match="dof must be positive"):
        score(predictions("network", offsets).assign(dof=-1.0), objects())


def test_objects_without_a_reference_are_not_counted():
    known = objects(reference=[0.0, np.nan, 0.0, 0.0, 0.0, 0.0])
    metrics, _ = score(predictions("network", 0.05), known)
    assert metrics["survey"]["network"]["count"] == 5


ARMS = ("zero_shot", "fine_tuned", "from_scratch", "aperture")


def test_transfer_counts_labels_only_for_arms_that_learnt_from_them():
    table = pd.concat([predictions(arm, 0.1) for arm in ARMS])
    rows = scoring.transfer(
        RADIUS,
        table,
        objects(),
        labels={"fine_tuned": 40, "from_scratch": 30},
        seed=0,
        bootstrap=20,
    )
    counted = dict(zip(rows["arm"], rows["count_labels"], strict=True))
    assert counted == {"aperture": 0, "fine_tuned": 40, "from_scratch": 30, "zero_shot": 0}
    assert set(rows["quantity"]) == {"ln_radius"}
    assert (rows["nmad_low"] <= rows["nmad_high"]).all()


def measured_classically(count=4):
    fit = {
        "scene_fit_ln_radius": [0.1, 0.2, 0.3, np.nan],
        "scene_fit_ln_radius_error": 0.1,
        "scene_fit_converged": [True, True, False, False],
        "scene_fit_sersic_n": 1.0,
        "scene_fit_axis_ratio": 0.5,
        "aperture_ln_radius": [0.0, np.nan, 0.1, 0.2],
        "bound": 0.05,
    }
    return pd.DataFrame({"id": np.arange(count)} | fit)


def test_a_measurement_without_a_radius_is_left_out_and_one_at_a_limit_is_not():
    counts = (
        scoring.classical_predictions(RADIUS, "survey", measured_classically())["method"]
        .value_counts()
        .to_dict()
    )
    assert counts == {"scene_fit": 3, "aperture": 3}


def test_the_error_of_a_fit_that_did_not_converge_is_not_known():
    measured = measured_classically().assign(scene_fit_ln_radius_error=[0.1, 0.0, 0.1, 0.1])
    table = scoring.classical_predictions(RADIUS, "survey", measured)
    fit = table[table["method"] == "scene_fit"]
    assert fit["id"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(fit["sigma"], [0.1, np.nan, np.nan])


def test_ten_wild_formal_errors_are_not_the_score():
    """As in a run of 2026, where ten of 1,080 fits made 89 % of the likelihood."""
    rng = np.random.Generator(np.random.Philox(key=[4, 1]))
    count = 200
    converged = np.arange(count) >= 10
    value = np.where(converged, rng.normal(0, 0.05, count), 1.1)
    measured = pd.DataFrame({"id": np.arange(count), "scene_fit_ln_radius": value})
    measured["scene_fit_ln_radius_error"] = np.where(converged, 0.05, 0.001)
    measured["scene_fit_converged"] = converged
    known = (
        pd.concat([objects("simulated", truth=0.0)] * 34).head(count).assign(id=np.arange(count))
    )
    table = scoring.classical_predictions(RADIUS, "simulated", measured)
    metrics, bins = score(table, known)
    fit = metrics["simulated"]["scene_fit"]
    assert (fit["count"], fit["without_error"]) == (200, 10)
    assert fit["outlier_fraction"] == 0.05
    assert fit["nll"] == pytest.approx(np.log(0.05) + 0.5 * np.log(2 * np.pi) + 0.5, abs=0.2)
    assert by(bins, "all")["without_error"].tolist() == [10]


def test_a_survey_reference_is_a_converged_fit_and_its_group_a_field():
    table = pd.DataFrame(
        {
            "id": np.arange(4),
            "run": 94,
            "camcol": 1,
            "field": [12, 12, 13, 13],
            "magnitude": 18.0,
            "psf_half_light_radius": 0.7,
            "true_half_light_radius": [np.e, np.nan, 1.0, 1.0],
        }
    )
    survey = scoring.survey_objects(RADIUS, table, measured_classically())
    np.testing.assert_array_equal(survey["ln_radius_reference"], [0.1, 0.2, np.nan, np.nan])
    np.testing.assert_allclose(survey["ln_radius_truth"], [1.0, np.nan, 0.0, 0.0])
    assert survey["group"].tolist() == ["94-1-12", "94-1-12", "94-1-13", "94-1-13"]
    np.testing.assert_array_equal(survey["axis_ratio"], [0.5, 0.5, np.nan, np.nan])
    # The true size where it is known, else the reference's.
    np.testing.assert_allclose(survey["size_over_psf"], np.exp([1.0, 0.2, 0.0, 0.0]) / 0.7)
    assert survey[["ln_radius_bound", "bulge_fraction"]].isna().all(axis=None)


def test_a_simulated_object_is_a_group_of_its_own_and_has_the_bound_of_its_row():
    table = pd.DataFrame(
        {
            "id": [3, 1, 2],
            "magnitude": 18.0,
            "psf_half_light_radius": 0.7,
            "half_light_radius": [1.0, np.e, np.e**2],
            "axis_ratio": [0.2, 0.4, 0.6],
        }
    )
    classical = measured_classically().assign(bound=[0.0, 0.1, 0.2, 0.3])
    simulated = scoring.simulated_objects(RADIUS, table, classical)
    np.testing.assert_allclose(simulated["ln_radius_truth"], [0.0, 1.0, 2.0])
    np.testing.assert_allclose(simulated["ln_radius_reference"], [0.0, 1.0, 2.0])
    assert simulated["ln_radius_bound"].tolist() == [0.3, 0.1, 0.2]
    assert simulated["group"].tolist() == ["3", "1", "2"]
    np.testing.assert_allclose(simulated["size_over_psf"], np.exp([0.0, 1.0, 2.0]) / 0.7)
    assert simulated["axis_ratio"].tolist() == [0.2, 0.4, 0.6]
    without = scoring.simulated_objects(RADIUS, table, classical.drop(columns="bound"))
    assert without["ln_radius_bound"].isna().all()


def test_a_networks_measurements_are_one_row_an_object_and_quantity():
    shape = replace(RADIUS, quantities=(*RADIUS.quantities, AXIS_RATIO))
    values, sigmas = np.array([[0.1, 0.5], [0.2, 0.6]]), np.array([[0.01, 0.05], [0.02, 0.06]])
    measured = shape.table(values, sigmas, np.array([[3.0, np.inf]] * 2))
    table = scoring.predictions(shape, "survey", "zero_shot", np.array([7, 8]), measured)
    assert table.to_dict("list") == {
        "dataset": ["survey"] * 4,
        "id": [7, 8, 7, 8],
        "method": ["zero_shot"] * 4,
        "quantity": ["ln_radius", "ln_radius", "axis_ratio", "axis_ratio"],
        "value": [0.1, 0.2, 0.5, 0.6],
        "sigma": [0.01, 0.02, 0.05, 0.06],
        "dof": [3.0, 3.0, np.inf, np.inf],
    }


def test_two_quantities_are_scored_apart_each_in_its_own_way():
    shape = replace(RADIUS, quantities=(*RADIUS.quantities, AXIS_RATIO))
    radii = predictions("network", [-0.4, -0.1, 0.1, 0.1, 0.1, 0.4])
    ratios = predictions("network", [-0.4, -0.1, 0.1, 0.1, 0.1, 0.4]).assign(quantity="axis_ratio")
    known = objects().assign(
        axis_ratio_reference=0.0, axis_ratio_truth=np.nan, axis_ratio_bound=np.nan
    )
    metrics, bins = scoring.score(
        shape, pd.concat([radii, ratios]), known, edges=EDGES, seed=0, bootstrap=20
    )
    assert set(metrics) == {"ln_radius", "axis_ratio"}
    of = {name: metrics[name]["survey"]["network"] for name in metrics}
    assert of["ln_radius"]["bias"] == pytest.approx(np.expm1(0.1))  # relative, of the radius
    assert of["axis_ratio"]["bias"] == pytest.approx(0.1)
    assert of["ln_radius"]["outlier_fraction"] == pytest.approx(2 / 6)  # beyond 0.3
    assert of["axis_ratio"]["outlier_fraction"] == 1.0  # beyond 0.05
    bounds = by(bins, "all").set_index("quantity")["crb_nmad"]
    assert bounds["ln_radius"] == pytest.approx(implied_nmad([0.01, 0.02, 0.03, 0.04, 0.1]))
    assert np.isnan(bounds["axis_ratio"])


def test_a_quantity_that_the_task_does_not_measure_is_named():
    table = predictions("network", 0.0).assign(quantity="ellipticity")
    with pytest.raises(ValueError, match="measures ln_radius, not 'ellipticity'"):
        score(table, objects())


def test_the_bound_is_of_the_first_quantity_alone():
    shape = replace(RADIUS, quantities=(*RADIUS.quantities, AXIS_RATIO))
    table = pd.DataFrame({"id": [1], "magnitude": 18.0, "psf_half_light_radius": 0.7})
    table = table.assign(half_light_radius=1.0, axis_ratio=0.5)
    known = scoring.simulated_objects(shape, table, measured_classically().assign(bound=0.02))
    assert known["ln_radius_bound"].tolist() == [0.02]
    assert known["axis_ratio_truth"].tolist() == [0.5]
    assert known["axis_ratio_bound"].isna().all()
