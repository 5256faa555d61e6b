"""A classification: labels, log-odds, temperature and the table of probabilities."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit

from halflight import nn, params, tasks
from halflight.classical.separation import JUDGES
from halflight.instrument import SDSS
from halflight.methods import METHODS
from halflight.quality import FLAGS
from halflight.tasks.classification import fitted_temperature, log_odds

STARS = tasks.get("star_galaxy")


def test_it_is_a_task_whose_methods_and_loss_exist():
    assert isinstance(STARS, tasks.Classification)
    assert STARS.classical == JUDGES
    assert {METHODS[name].kind for name in STARS.classical} == {"classical"}
    assert nn.losses.get(STARS.loss).from_logits
    assert set(STARS.doubts(pd.DataFrame({"star_probability": [0.5]}))) <= set(FLAGS)


def test_labels_are_spectra_s_and_usable_where_they_are_known():
    table = pd.DataFrame({"is_star": [1.0, 0.0, np.nan]})
    for labels in (STARS.simulated_labels(table), STARS.survey_labels(table, table, None)):
        np.testing.assert_array_equal(labels.values, [[1.0], [0.0], [np.nan]])
        assert labels.usable.tolist() == [True, True, False]
    assert np.isnan(STARS.truths(table, "true_")).all()
    with pytest.raises(ValueError, match=r"is_star must be 1 for a star.* received 2 in row 1"):
        STARS.truths(pd.DataFrame({"is_star": [1.0, 2.0]}))


def test_views_are_averaged_as_log_odds_and_become_a_probability():
    outputs = np.array([[[1.0], [3.0]], [[-4.0], [0.0]]])
    [odds] = STARS.decode(outputs)
    assert odds.tolist() == [[2.0], [-2.0]]
    table = STARS.measured((odds,), STARS.offsets(SDSS, np.ones(2)), {})
    assert list(table) == ["star_probability"]
    assert table["star_probability"].tolist() == pytest.approx([0.880797, 0.119203], abs=1e-6)
    with pytest.raises(ValueError, match=r"needs 1 output .* received \(3, 2\)"):
        STARS.decode(np.zeros((3, 2)))


def test_a_head_starts_at_the_base_rate_also_where_there_is_one_class_alone():
    labels = np.array([[1.0]] * 3 + [[0.0]] * 7)
    assert expit(STARS.first_bias(labels)) == pytest.approx(4 / 12)
    assert expit(STARS.first_bias(np.ones((8, 1)))) == pytest.approx(0.9)


def test_a_temperature_is_baked_into_the_head_and_keeps_the_order():
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 5000)
    labels = (rng.random(5000) < expit(honest)).astype(float)
    head = {"kernel": np.ones((3, 1), np.float32), "bias": np.array([0.5], np.float32)}
    changed, dof = STARS.calibrated(head, (3.0 * honest[:, None],), labels[:, None])
    assert dof == {}
    assert changed["kernel"].dtype == np.float32
    assert 1 / changed["kernel"][0, 0] == pytest.approx(3.0, rel=0.06)
    assert changed["bias"][0] / changed["kernel"][0, 0] == pytest.approx(0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 5.0))
def test_the_temperature_is_where_cross_entropy_is_least(seed, wrong):
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 2, 400)
    labels = (rng.random(400) < expit(odds / wrong)).astype(float)

    def loss(temperature):
        p = np.clip(expit(odds / temperature), 1e-12, 1 - 1e-12)
        return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))

    best = minimize_scalar(loss, bounds=(0.02, 50), method="bounded").fun
    assert loss(fitted_temperature(odds, labels)) <= best + 1e-6


def test_perfect_and_idle_answers_have_a_temperature_too():
    assert fitted_temperature(np.array([3.0, -3.0]), np.array([1.0, 0.0])) < 0.03
    assert fitted_temperature(np.array([3.0, -3.0]), np.array([0.0, 1.0])) > 40.0
    assert fitted_temperature(np.zeros(4), np.array([0.0, 1.0, 1.0, 1.0])) == 1.0


def test_neither_class_is_decided_below_the_threshold_and_nan_is_no_doubt():
    table = pd.DataFrame({"star_probability": [0.95, 0.5, 0.05, 0.89, np.nan]})
    assert STARS.doubts(table)["undecided"].tolist() == [False, True, False, True, False]
    laxer = replace(STARS, decisive=0.51).doubts(table)["undecided"]
    assert laxer.tolist() == [False, True, False, False, False]


@pytest.mark.parametrize("decisive", [0.5, 1.0, 9.0, np.nan])
def test_what_no_probability_of_two_could_decide_is_refused(decisive):
    with pytest.raises(ValueError, match=r"decisive must be above 0.5 and below 1, received"):
        replace(STARS, decisive=decisive)


def test_the_threshold_is_a_parameter_and_an_estimator_keeps_its_own(root):
    train = params.read("star_galaxy.train", path=root / "params.yaml")
    assert STARS.configured(train).decisive == train.decisive
    own = STARS.configured(train.changed(decisive=0.8))
    assert own.describe()["decisive"] == 0.8
    assert STARS.restored(own.describe()) == own
    before = {name: value for name, value in own.describe().items() if name != "decisive"}
    assert STARS.restored(before) == STARS, "of before it was a parameter"
    with pytest.raises(ValueError, match="other classes than task star_galaxy"):
        STARS.restored(own.describe() | {"classes": ["quasar", "star"]})


def test_log_odds_of_a_certainty_are_finite():
    assert np.isfinite(log_odds(np.array([0.0, 0.5, 1.0]))).all()
    assert log_odds(np.array([0.5]))[0] == 0.0
