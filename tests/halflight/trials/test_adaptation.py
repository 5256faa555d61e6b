"""From bright to faint: weights, matched features and dimmed stamps, by what they must leave."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from halflight.trials.adaptation import (
    STIFFNESS,
    effective_size,
    faded,
    fitted_logistic,
    importance_weights,
    matched_features,
)


def test_a_logistic_regression_finds_what_made_the_labels():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(8000, 2))
    label = (rng.random(8000) < expit(0.5 + values @ [1.0, -2.0])).astype(float)
    assert fitted_logistic(values, label) == pytest.approx([0.5, 1.0, -2.0], abs=0.12)


def test_weights_give_the_bright_the_distribution_of_the_faint():
    rng = np.random.default_rng(1)
    bright, faint = rng.normal(0.0, 1.0, (4000, 2)), rng.normal([0.7, 0.0], 1.0, (4000, 2))
    weights = importance_weights(bright, faint, limit=20.0)
    assert weights.mean() == pytest.approx(1.0)
    mean = (weights[:, None] * bright).mean(axis=0)
    assert mean == pytest.approx([0.7, 0.0], abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.floats(1.5, 10.0), st.floats(0.0, 3.0))
def test_no_weight_is_above_its_limit_and_none_is_negative(seed, limit, apart):
    rng = np.random.default_rng(seed)
    weights = importance_weights(
        rng.normal(0, 1, (200, 3)), rng.normal(apart, 1, (150, 3)), limit=limit
    )
    assert 0.0 <= weights.min() <= weights.max() <= limit
    assert weights.mean() == pytest.approx(1.0, rel=0.02)


def test_a_logistic_regression_is_scikit_learn_s():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(300, 5))
    label = (rng.random(300) < expit(values @ [2.0, 0, -1.0, 0, 0.5])).astype(float)
    theirs = LogisticRegression(C=1.0 / STIFFNESS, tol=1e-10, max_iter=2000).fit(values, label)
    expected = [*theirs.intercept_, *theirs.coef_[0]]
    assert fitted_logistic(values, label) == pytest.approx(expected, abs=2e-3)


def test_weights_by_magnitude_and_colour_follow_both_where_the_two_overlap():
    rng = np.random.default_rng(9)
    spread = [0.3, 0.2, 1.0]
    bright = rng.normal([0.8, 0.4, 18.5], spread, (6000, 3))
    faint = rng.normal([0.6, 0.4, 19.5], spread, (6000, 3))
    weights = importance_weights(bright, faint, limit=50.0)
    mean = (weights[:, None] * bright).mean(axis=0)
    assert mean == pytest.approx([0.6, 0.4, 19.5], abs=0.1)
    assert np.corrcoef(weights, bright[:, 2])[0, 1] > 0.3
    assert 100 < effective_size(weights) < 4000


def test_beyond_a_limit_in_magnitude_the_nearest_count_and_the_cut_keeps_enough_of_them():
    rng = np.random.default_rng(10)
    bright = np.column_stack([rng.normal(0.6, 0.3, 800), rng.uniform(15.0, 20.0, 800)])
    faint = np.column_stack([rng.normal(0.6, 0.3, 600), rng.uniform(20.0, 22.0, 600)])
    weights = importance_weights(bright, faint, limit=10.0)
    assert weights.max() <= 10.0
    near = bright[:, 1] > 19.0
    assert weights[near].sum() > 0.9 * weights.sum()
    assert 80 <= effective_size(weights) < 0.5 * len(bright)  # at least 1 in 10, by the limit


def test_an_effective_size_is_the_number_of_equal_weights_that_scatter_alike():
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7.0)
    assert effective_size(np.array([1.0, 0.0, 0.0])) == 1.0
    assert effective_size(np.zeros(3)) == 0.0
    rng = np.random.default_rng(11)
    weights = rng.exponential(size=400)
    means = (rng.normal(size=(4000, 400)) * weights).sum(axis=1) / weights.sum()
    assert 1.0 / means.var() == pytest.approx(effective_size(weights), rel=0.1)


def test_weights_need_both():
    with pytest.raises(ValueError, match="bright and faint objects, received 0, 3"):
        importance_weights(np.empty((0, 2)), np.zeros((3, 2)), limit=2.0)


def test_matched_features_have_the_others_mean_and_covariance():
    rng = np.random.default_rng(2)
    bright = rng.normal(size=(3000, 3)) @ np.diag([1.0, 2.0, 0.5]) + 1.0
    faint = rng.normal(size=(2000, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 3.0]]) - 2.0
    alike = matched_features(bright, faint)
    np.testing.assert_allclose(alike.mean(axis=0), faint.mean(axis=0), atol=1e-9)
    covariance = np.cov(faint, rowvar=False)
    np.testing.assert_allclose(np.cov(alike, rowvar=False), covariance, rtol=0.02, atol=0.02)


def test_a_dimmed_stamp_has_less_light_and_the_noise_it_says():
    rng = np.random.default_rng(3)
    side, sky = 200, 0.05
    light = np.zeros((side, side, 1))
    light[:, 100:] = 10.0
    sigma = np.sqrt(sky**2 + light * 0.01)
    image = light + sigma * rng.standard_normal(light.shape)
    dim, noise = faded(image, sigma, 0.1, rng)
    assert dim[:, 100:].mean() == pytest.approx(1.0, rel=0.01)
    for half in (np.s_[:, :100], np.s_[:, 100:]):
        assert dim[half].std() == pytest.approx(noise[half].mean(), rel=0.02)
    assert noise[:, :100] == pytest.approx(sky)
    assert noise[:, 100:] == pytest.approx(np.sqrt(sky**2 + 0.01), rel=1e-5)


def test_a_bad_pixel_stays_one_and_no_factor_brightens():
    rng = np.random.default_rng(4)
    sigma = np.full((6, 6, 2), 0.1)
    sigma[2, 3, 0] = np.inf
    _, noise = faded(np.ones((6, 6, 2)), sigma, 0.5, rng)
    assert np.isinf(noise[2, 3, 0])
    assert np.isfinite(noise).sum() == 71
    for factor in (0.0, 1.5):
        with pytest.raises(ValueError, match="factor must be above 0 and at most 1"):
            faded(np.ones((6, 6, 2)), sigma, factor, rng)
