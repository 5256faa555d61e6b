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
    assert scores.negative_log_likelihood([0.0, 1.0], [1.0, 1.0]) == pytest.approx(
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
    assert scores.negative_log_likelihood(residual, np.full(residual.size, 0.7)) == pytest.approx(
        expected
    )


def test_nll_of_a_student_by_hand():
    # Of a Cauchy the central 68.27 % end where tan does: D = sigma is that quantile.
    scale = 0.2 / np.tan(np.pi * (stats.norm.cdf(1) - 0.5))
    expected = np.log(np.pi * scale * (1 + (0.2 / scale) ** 2))
    assert scores.negative_log_likelihood([0.2], [0.2], dof=[1.0]) == pytest.approx(expected)


DOF = st.one_of(st.floats(0.5, 1e8), st.just(np.inf))


@given(RESIDUALS, DOF, st.floats(0.05, 5))
def test_a_student_is_scipys(residual, dof, sigma):
    same = np.full(residual.size, sigma), np.full(residual.size, dof)
    law = stats.t(dof) if np.isfinite(dof) else stats.norm
    scale = sigma / law.ppf(stats.norm.cdf(1))
    law = stats.t(dof, 0, scale) if np.isfinite(dof) else stats.norm(0, scale)
    nll = scores.negative_log_likelihood(residual, same[0], dof=same[1])
    assert nll == pytest.approx(-law.logpdf(residual).mean(), rel=1e-7, abs=1e-7)
    pit = scores.pit_values(residual, same[0], dof=same[1])
    np.testing.assert_allclose(pit, law.cdf(-residual), atol=1e-12)


@given(RESIDUALS, DOF)
def test_sigma_holds_the_same_share_whatever_the_degrees_of_freedom(residual, dof):
    sigma, freedom = np.full(residual.size, 0.5), np.full(residual.size, dof)
    one_sigma = 2 * stats.norm.cdf(1) - 1
    held = scores.coverage(residual, sigma, one_sigma, dof=freedom)
    clear = np.abs(np.abs(residual) - 0.5) > 1e-6
    within = scores.is_inside(residual, sigma, one_sigma, dof=freedom)
    assert held == within.mean()
    np.testing.assert_array_equal(within[clear], (np.abs(residual) < 0.5)[clear])


def test_draws_from_students_and_gaussians_together_are_covered():
    rng = np.random.Generator(np.random.Philox(key=[3, 1]))
    dof = np.repeat([2.0, 5.0, np.inf], 20_000)
    scale = np.where(np.isinf(dof), 1.0, 1.0 / stats.t(np.minimum(dof, 9)).ppf(stats.norm.cdf(1)))
    heavy = rng.standard_t(np.minimum(dof, 9))
    residual = scale * np.where(np.isinf(dof), rng.standard_normal(dof.size), heavy)
    ones = np.ones(dof.size)
    assert scores.coverage(residual, ones, 0.68, dof=dof) == pytest.approx(0.68, abs=0.006)
    assert scores.coverage(residual, ones, 0.95, dof=dof) == pytest.approx(0.95, abs=0.003)
    assert scores.ks_distance(scores.pit_values(residual, ones, dof=dof)) < 0.008
    # As Gaussians the tails were not covered.
    assert scores.coverage(residual, ones, 0.95) < 0.93


@given(arrays(float, st.integers(1, 30), elements=st.floats(1e-4, 1e3)))
def test_the_implied_nmad_splits_the_mixture_in_half(sigma):
    implied = scores.implied_nmad(sigma)
    median = implied / 1.4826
    assert np.mean(2 * stats.norm.cdf(median / sigma) - 1) == pytest.approx(0.5, abs=1e-9)
    assert 0.999 * sigma.min() <= implied <= 1.001 * sigma.max()
    assert scores.implied_nmad(3 * sigma) == pytest.approx(3 * implied)


def test_the_implied_nmad_is_that_of_draws_and_not_the_median():
    rng = np.random.Generator(np.random.Philox(key=[3, 2]))
    sigma = np.repeat([0.01, 0.02, 0.4], [70, 40, 90])
    drawn = np.concatenate([sigma * rng.standard_normal(200) for _ in range(2000)])
    assert scores.implied_nmad(sigma) == pytest.approx(scores.nmad(drawn), rel=0.01)
    assert scores.implied_nmad(sigma) > 1.3 * np.median(sigma)


def test_a_value_without_an_error_bar_counts_where_it_can():
    residual, sigma = [0.0, 0.05, -0.05, 1.0], [0.1, 0.1, 0.1, np.nan]
    found = scores.summary(residual, sigma)
    assert (found["count"], found["without_error"]) == (4, 1)
    assert found["outlier_fraction"] == 0.25
    assert found["coverage_68"] == found["coverage_95"] == 1.0
    assert found["nll"] == scores.negative_log_likelihood(residual[:3], sigma[:3])
    none = scores.summary(residual)
    assert none["without_error"] == 4
    assert not {"coverage_68", "coverage_95", "nll", "pit_ks"} & set(none)


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
        (lambda: scores.negative_log_likelihood([1.0], [0.0]), "sigma must be positive"),
        (lambda: scores.implied_nmad([0.1, 0.0]), "sigma must be positive"),
        (lambda: scores.implied_nmad([]), "at least one"),
        (lambda: scores.pit_values([1.0], [1.0], dof=[0.0]), "dof must be positive or inf, got 0"),
        (lambda: scores.pit_values([1.0], [1.0], dof=[np.nan]), "dof must be positive or inf"),
        (lambda: scores.coverage([1.0], [1.0], dof=[1.0, 2.0]), "dof must be like residual"),
        (lambda: scores.summary([1.0, 2.0], [1.0]), "must be alike"),
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
