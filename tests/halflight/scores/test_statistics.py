"""Scores by hand, and their invariances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from halflight.scores import statistics as scores

RESIDUALS = arrays(float, st.integers(1, 40), elements=st.floats(-3, 3))


def test_hand_values():
    residual = [-0.4, 0.0, 0.1, 0.2]
    assert scores.bias(residual) == pytest.approx((np.expm1(0.0) + np.expm1(0.1)) / 2)
    assert scores.nmad([1.0, 2.0, 4.0]) == pytest.approx(1.4826)
    assert scores.outlier_fraction(residual) == 0.25
    assert scores.coverage([0.5, 1.5, -0.9, -3.0], np.ones(4), 0.68) == 0.5
    assert scores.coverage([0.5, 1.5, -0.9, -3.0], np.ones(4), 0.95) == 0.75
    assert scores.gaussian_nll([0.0, 1.0], [1.0, 1.0]) == pytest.approx(
        0.25 + 0.5 * np.log(2 * np.pi)
    )
    assert scores.r_squared([1, 2, 3], [1, 2, 3]) == 1.0
    assert scores.r_squared([1, 2, 3], [2, 2, 2]) == 0.0


def test_pit_is_the_probability_below_the_truth():
    # A prediction one sigma too high leaves the truth at the 15.87 % point.
    assert scores.pit_values([1.0, 0.0], [1.0, 2.0]) == pytest.approx([0.158655, 0.5], abs=1e-5)


@given(arrays(float, st.integers(1, 50), elements=st.floats(0, 1)))
def test_ks_distance_is_scipys(pit):
    assert scores.ks_distance(pit) == pytest.approx(stats.kstest(pit, "uniform").statistic)


@given(RESIDUALS, st.floats(-2, 2))
def test_nmad_ignores_a_shift_and_scales(residual, shift):
    assert scores.nmad(residual + shift) == pytest.approx(scores.nmad(residual), abs=1e-9)
    assert scores.nmad(2 * residual) == pytest.approx(2 * scores.nmad(residual), abs=1e-9)


@given(RESIDUALS)
def test_nll_is_scipys(residual):
    expected = -stats.norm(0, 0.7).logpdf(residual).mean()
    assert scores.gaussian_nll(residual, np.full(residual.size, 0.7)) == pytest.approx(expected)


def test_bootstrap_draws_whole_groups():
    # Ten identical rows a group: the error is that of 30 independent values, not of 300.
    rng = np.random.Generator(np.random.Philox(key=[2, 2]))
    values, groups = np.repeat(rng.standard_normal(30), 10), np.repeat(np.arange(30), 10)
    grouped = scores.bootstrap_by_group(values, groups, np.mean, seed=1)
    assert grouped.standard_error == pytest.approx(values.std() / np.sqrt(30), rel=0.15)
    assert grouped.low < grouped.value < grouped.high
    assert grouped == scores.bootstrap_by_group(values, groups, np.mean, seed=1)
    assert grouped != scores.bootstrap_by_group(values, groups, np.mean, seed=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores.bias([]), "at least one"),
        (lambda: scores.nmad([1.0, np.nan]), "1 of 2 values that are not finite"),
        (lambda: scores.coverage([1.0, 2.0], [1.0]), "must be alike"),
        (lambda: scores.gaussian_nll([1.0], [0.0]), "sigma must be positive"),
        (lambda: scores.coverage([1.0], [1.0], 68), r"level must lie in \(0, 1\)"),
        (lambda: scores.ks_distance([1.5]), r"pit must lie in \[0, 1\]"),
        (lambda: scores.r_squared([2.0, 2.0], [1.0, 2.0]), "single value"),
        (lambda: scores.bootstrap_by_group([1.0], [1, 2], np.mean, seed=1), "one label a row"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_field_alone_has_no_interval():
    interval = scores.bootstrap_by_group(
        [0.1, 0.2, 0.4], ["a", "a", "a"], scores.nmad, seed=0, repeats=20
    )
    assert interval.value == pytest.approx(1.4826 * 0.1)
    assert np.isnan([interval.low, interval.high, interval.standard_error]).all()
