"""Priors: their rows as residuals, in the units of any instrument."""

import numpy as np
import pytest

from halflight.classical.scene.beliefs import Beliefs, Prior


def test_rows_become_residuals_in_units_of_their_sigma():
    prior = Prior.of([({0: 1.0, 2: -2.0}, 1.0, 0.5), ({1: 1.0}, 3.0, 2.0)], 3)
    p = np.array([4.0, 5.0, 1.0])
    np.testing.assert_allclose(prior.matrix @ p - prior.target, [(2.0 - 1.0) / 0.5, 2.0 / 2.0])
    assert prior.ln_sigma == pytest.approx(np.log(0.5 * 2.0))


def test_the_size_that_is_expected_follows_the_magnitude(beliefs):
    """At 17.5 mag the relation says 10^0.4 arcsec, at 20 mag 10^(0.4 - 0.13 * 2.5)."""
    for magnitude, log_radius in ((17.5, 0.4), (20.0, 0.4 - 0.325)):
        coefficients, mean, sigma = beliefs.single()[0]
        ln_flux = 0.4 * np.log(10.0) * (22.5 - magnitude)
        ln_size = mean - coefficients[6] * ln_flux
        expected = np.log(10.0) * log_radius - np.log(0.396) - 0.25
        assert ln_size == pytest.approx(expected)
        assert sigma == beliefs.priors.size_scatter


def test_another_unit_of_flux_expects_the_same_size(beliefs):
    other = Beliefs(beliefs.priors, beliefs.pixel_scale, 30.0)
    for model in ("single", "bulge_disc"):
        [(here, mean, _), *_], [(_, other_mean, _), *_] = (
            getattr(beliefs, model)(),
            getattr(other, model)(),
        )
        (flux,) = (
            coefficient for at, coefficient in here.items() if at in (2, 6) and coefficient != 1.0
        )
        shift = 0.4 * np.log(10.0) * (30.0 - 22.5)  # of ln flux, between the units
        assert other_mean == pytest.approx(mean + flux * shift)


def test_sky_and_neighbours_are_in_units_of_the_noise_and_the_psf(beliefs):
    priors = beliefs.priors
    level, *_ = beliefs.sky(4, noise=2.0)
    assert level == ({4: 1.0}, 0.0, 2.0 * priors.sky_level)
    x, _, size, *_ = beliefs.neighbour(7.0, 8.0, 0, psf_radius=3.0)
    assert x == ({0: 1.0}, 7.0, 3.0 * priors.neighbour_position)
    assert size[1] == pytest.approx(np.log(3.0 * priors.neighbour_radius[0]))
