"""Scores of probabilities: hand values, scikit-learn as an oracle, and what must never change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from halflight.scores import probability as of

P = hnp.arrays(np.float64, 40, elements=st.sampled_from(np.linspace(0.0, 1.0, 21)))
LABEL = hnp.arrays(np.float64, 40, elements=st.sampled_from([0.0, 1.0]))


def both(label):
    return 0 < label.sum() < len(label)


@settings(max_examples=100, deadline=None)
@given(P, LABEL)
def test_the_scores_are_scikit_learn_s_ties_included(p, label):
    if not both(label):
        assert np.isnan(of.roc_auc(p, label))
        return
    assert of.roc_auc(p, label) == pytest.approx(metrics.roc_auc_score(label, p))
    expected = metrics.average_precision_score(label, p)
    assert of.average_precision(p, label) == pytest.approx(expected)
    assert of.mean_squared_error(p, label) == pytest.approx(metrics.brier_score_loss(label, p))
    inside = np.clip(p, 0.01, 0.99)
    assert of.log_loss(inside, label) == pytest.approx(metrics.log_loss(label, inside))


@settings(max_examples=50, deadline=None)
@given(P, LABEL)
def test_a_monotonic_change_keeps_the_ranks_and_the_other_class_mirrors_the_auc(p, label):
    if both(label):
        assert of.roc_auc(np.exp(3 * p), label) == pytest.approx(of.roc_auc(p, label))
        assert of.roc_auc(-p, 1 - label) == pytest.approx(of.roc_auc(p, label))
        assert of.purity_at(np.exp(p), label, 0.9) == pytest.approx(of.purity_at(p, label, 0.9))


def test_purity_and_completeness_by_hand():
    rank = np.array([0.9, 0.8, 0.8, 0.4, 0.1])
    label = np.array([1, 1, 0, 1, 0])
    purity, completeness = of.purity_and_completeness(rank, label)
    assert purity.tolist() == pytest.approx([1, 2 / 3, 3 / 4, 3 / 5])
    assert completeness.tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert of.purity_at(rank, label, 0.96) == pytest.approx(3 / 4)
    assert of.purity_at(rank, label, 2 / 3) == pytest.approx(2 / 3)
    assert of.completeness_at(rank, label, 0.97) == pytest.approx(1 / 3)
    assert of.completeness_at(rank, label, 0.75) == pytest.approx(1.0)
    assert of.completeness_at(rank, 1 - label, 0.97) == 0.0


def test_calibration_error_by_hand_and_of_honest_probabilities():
    p, label = np.array([0.2, 0.4, 0.9]), np.array([0, 1, 1])
    assert of.calibration_error(p, label) == pytest.approx(abs(1.5 - 2) / 3)  # one window
    ones = np.ones(300)
    assert of.calibration_error(0.7 * ones, ones) == pytest.approx(0.3)
    rng = np.random.default_rng(0)
    honest = rng.random(20_000)
    assert of.calibration_error(honest, rng.random(20_000) < honest) < 0.05
    sliding = np.concatenate([np.zeros(100), np.ones(100)])
    label = np.ones(200)
    windows = [np.abs(np.mean(sliding[i : i + 100] - label[i : i + 100])) for i in range(101)]
    assert of.calibration_error(sliding, label) == pytest.approx(np.mean(windows))


def test_numbers_and_reliability_by_hand():
    p, label = np.array([0.1, 0.6, 0.8, 1.0]), np.array([0, 1, 1, 1])
    assert of.number_error(p, label) == pytest.approx(0.5 / 3)
    assert np.isnan(of.number_error(p, np.zeros(4)))
    means, shares, counts = of.reliability(p, label, [0.0, 0.5, 0.9, 1.0])
    assert counts.tolist() == [1, 2, 1]
    assert means.tolist() == pytest.approx([0.1, 0.7, 1.0])
    assert shares.tolist() == [0.0, 1.0, 1.0]


def test_a_wrong_certainty_loses_everything():
    assert of.log_loss([1.0, 0.0], [1, 0]) == 0.0
    assert of.log_loss([1.0, 0.0], [1, 1]) == np.inf


@pytest.mark.parametrize(
    ("p", "label", "message"),
    [
        ([0.1], [1, 0], "must be alike"),
        ([], [], "not empty"),
        ([np.nan], [1], "must be finite"),
        ([0.5], [2], "labels must be 0 or 1"),
        ([1.5], [1], r"probabilities must lie in \[0, 1\]"),
    ],
)
def test_what_is_no_probability_of_a_class_is_refused(p, label, message):
    with pytest.raises(ValueError, match=message):
        of.mean_squared_error(p, label)
