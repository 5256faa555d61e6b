"""Predictive distributions against SciPy's, and the tails that residuals tell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from halflight.predictive import ONE_SIGMA, cumulative, fitted_dof, log_density, quantile

DOF = st.floats(1.0, 1e3)


@given(DOF, st.floats(0.001, 0.999))
def test_it_is_students_t_scaled_to_a_central_68_per_cent(dof, probability):
    scale = stats.t.ppf(0.5 + ONE_SIGMA / 2, dof)
    assert quantile(probability, dof) == pytest.approx(
        stats.t.ppf(probability, dof) / scale, rel=1e-6, abs=1e-9
    )
    assert cumulative(quantile(probability, dof), dof) == pytest.approx(probability, rel=1e-6)


@given(DOF, st.floats(-30.0, 30.0))
def test_the_density_is_scipys(dof, z):
    law = stats.t(dof, scale=1.0 / stats.t.ppf(0.5 + ONE_SIGMA / 2, dof))
    assert log_density(z, dof) == pytest.approx(law.logpdf(z), rel=1e-9, abs=1e-9)
    assert log_density(z) == pytest.approx(stats.norm.logpdf(z))


@given(DOF)
def test_one_sigma_holds_68_per_cent_whatever_the_tails(dof):
    assert cumulative(1.0, dof) - cumulative(-1.0, dof) == pytest.approx(ONE_SIGMA, rel=1e-9)
    assert quantile(0.5, dof) == pytest.approx(0.0, abs=1e-12)


def test_without_degrees_of_freedom_it_is_a_gaussian():
    p = np.array([0.025, 0.16, 0.5, 0.975])
    np.testing.assert_allclose(quantile(p), stats.norm.ppf(p), atol=1e-12)
    np.testing.assert_allclose(cumulative([-1.0, 2.0]), stats.norm.cdf([-1.0, 2.0]))
    np.testing.assert_allclose(quantile(p, 1e9), quantile(p), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dof", [1.5, 3.0, 8.0])
def test_tails_are_told_from_residuals_of_any_scale(dof):
    p = (np.arange(20_000) + 0.5) / 20_000
    assert fitted_dof(7.0 * stats.t.ppf(p, dof)) == pytest.approx(dof, rel=1e-2)


def test_tails_no_heavier_than_a_gaussians_are_a_gaussians_and_the_heaviest_are_cauchys():
    p = (np.arange(2_000) + 0.5) / 2_000
    assert fitted_dof(stats.norm.ppf(p)) == math.inf
    assert fitted_dof(p - 0.5) == math.inf
    assert fitted_dof(stats.t.ppf(p, 0.3)) == 1.0


@pytest.mark.parametrize("z", [[], [0.0, 0.0, 0.0], [np.nan]])
def test_nothing_tells_no_tails(z):
    with pytest.raises(ValueError, match="tails are told by"):
        fitted_dof(z)
