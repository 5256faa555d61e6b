"""The tables of an evaluation, on a handful of objects whose scores are known by hand."""

import numpy as np
import pandas as pd
import pytest

from halflight.scores import tables as scoring

EDGES = (14.0, 17.5, 18.5)


def objects(dataset="survey", reference=0.0, truth=np.nan):
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": np.arange(6),
            "group": ["a", "a", "b", "b", "c", "c"],
            "magnitude": [14.5, 15.0, 15.5, 16.0, 17.0, 19.0],
            "ln_radius_reference": reference,
            "ln_radius_true": truth,
            "fisher_sigma": [0.01, 0.02, 0.03, 0.04, np.nan, 0.1],
        }
    )


def predictions(method, offsets, sigma=0.1, dataset="survey"):
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": np.arange(6),
            "method": method,
            "ln_radius": offsets,
            "ln_radius_sigma": sigma,
        }
    )


def score(table, known, **options):
    return scoring.score(table, known, magnitude_edges=EDGES, seed=0, bootstrap=50, **options)


def test_scores_by_hand():
    offsets = [-0.4, -0.1, 0.0, 0.0, 0.1, 0.4]
    metrics, bins = score(predictions("network", offsets), objects())
    scores = metrics["survey"]["network"]
    assert scores["count"] == 6
    assert scores["bias"] == pytest.approx(0.0)
    assert scores["nmad"] == pytest.approx(1.4826 * 0.1)
    assert scores["outlier_fraction"] == pytest.approx(2 / 6)
    assert scores["coverage_68"] == pytest.approx(2 / 6)  # |D| <= 0.0994 sigma-wise: the two zeros
    assert bins["count"].tolist() == [5]  # r = 19 lies in no bin
    assert bins["crb_nmad"].tolist() == [0.025]
    assert bins["nmad"].tolist() == pytest.approx([1.4826 * 0.1])


def test_a_bin_of_few_objects_has_a_count_and_no_score():
    _, bins = scoring.score(
        predictions("network", 0.1),
        objects(),
        magnitude_edges=(14.0, 16.0, 18.0),
        seed=0,
        bootstrap=20,
    )
    assert bins["count"].tolist() == [3, 2]
    assert bins[list(scoring.BIN_SCORES)].isna().all(axis=None)


def test_the_reference_is_not_judged_against_itself():
    table = pd.concat([predictions("sersic_fit", 0.2), predictions("zero_shot", 0.1)])
    metrics, _ = score(table, objects())
    assert set(metrics) == {"survey"}
    assert set(metrics["survey"]) == {"zero_shot"}
    metrics, _ = score(table, objects(truth=0.1))
    assert set(metrics["survey_truth"]) == {"sersic_fit", "zero_shot"}
    assert metrics["survey_truth"]["sersic_fit"]["bias"] == pytest.approx(np.expm1(0.1))


def test_simulated_galaxies_are_judged_against_the_truth_alone():
    table = predictions("network", 0.0, dataset="simulated")
    metrics, bins = score(table, objects("simulated", truth=0.0))
    assert set(metrics) == {"simulated"}
    assert set(bins["against"]) == {"truth"}


def test_a_method_without_error_bars_has_no_coverage():
    metrics, bins = score(predictions("aperture", 0.1, sigma=np.nan), objects())
    assert "coverage_68" not in metrics["survey"]["aperture"]
    assert bins["coverage_68"].isna().all()


def test_objects_without_a_reference_are_not_counted():
    known = objects(reference=[0.0, np.nan, 0.0, 0.0, 0.0, 0.0])
    metrics, _ = score(predictions("network", 0.05), known)
    assert metrics["survey"]["network"]["count"] == 5


def test_transfer_counts_labels_only_for_arms_that_learnt_from_them():
    table = pd.concat([predictions(arm, 0.1) for arm in ("zero_shot", "fine_tuned", "aperture")])
    rows = scoring.transfer(table, objects(), labels=40, seed=0, bootstrap=20)
    counted = dict(zip(rows["arm"], rows["count_labels"], strict=True))
    assert counted == {"aperture": 0, "fine_tuned": 40, "zero_shot": 0}
    assert (rows["nmad_low"] <= rows["nmad_high"]).all()


def judged(count=4):
    fit = {
        "sersic_fit_ln_radius": [0.1, 0.2, 0.3, np.nan],
        "sersic_fit_ln_radius_error": 0.1,
        "sersic_fit_converged": [True, True, False, False],
        "sersic_fit_sersic_n": 1.0,
        "sersic_fit_axis_ratio": 0.5,
        "aperture_ln_radius": [0.0, np.nan, 0.1, 0.2],
        "fisher_sigma": 0.05,
    }
    return pd.DataFrame({"id": np.arange(count)} | fit)


def test_a_measurement_without_a_radius_is_left_out_and_one_at_a_limit_is_not():
    counts = scoring.predictions("survey", judged())["method"].value_counts().to_dict()
    assert counts == {"sersic_fit": 3, "aperture": 3}


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
    survey = scoring.survey_objects(table, judged())
    np.testing.assert_array_equal(survey["ln_radius_reference"], [0.1, 0.2, np.nan, np.nan])
    np.testing.assert_allclose(survey["ln_radius_true"], [1.0, np.nan, 0.0, 0.0])
    assert survey["group"].tolist() == ["94-1-12", "94-1-12", "94-1-13", "94-1-13"]
