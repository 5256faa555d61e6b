"""Injection: the light of the exact renderer, photon noise of its own, and nothing else changed."""

import numpy as np
import pytest

from halflight.half_light import Component
from halflight.instrument import Exposure
from halflight.simulation import Galaxy, Psf, inject_galaxy, render_objects, render_psf
from halflight.simulation import render_through as through

PSF = Psf("moffat", 1.3, beta=3.5, e1=0.03)
EXPOSURE = Exposure(nmgy_per_count=0.0051, sky=90.0, gain=4.7, dark_variance=1.1)


def galaxy(*, n=1.0, radius=1.5, flux=100.0):
    return Galaxy((Component(n, radius, 0.6, 0.5, flux),), 0.1, -0.2)


@pytest.mark.parametrize("n", [1.0, 4.0])
@pytest.mark.parametrize("radius", [0.8, 3.0])
def test_the_light_is_that_of_the_exact_renderer(n, radius):
    one = galaxy(n=n, radius=radius)
    light, exact = through(one, render_psf(PSF, 51), 96), render_objects(96, [one], PSF, whole=True)
    assert np.abs(light - exact).max() < 1e-3 * exact.max()
    assert light.sum() == pytest.approx(exact.sum(), rel=1e-4)


def test_what_was_there_stays_and_photons_scatter_as_sigma_says():
    one, psf = galaxy(flux=1000.0), render_psf(PSF, 51)
    sky = np.full((64, 64), 0.02, np.float32)
    noise = EXPOSURE.sigma(np.zeros((64, 64)))
    light = through(one, psf, 64)
    images, sigmas = zip(
        *(
            inject_galaxy(one, sky, noise, psf, EXPOSURE, np.random.default_rng(seed))
            for seed in range(300)
        ),
        strict=True,
    )
    images = np.stack(images)
    np.testing.assert_allclose(images.mean(axis=0), sky + light, atol=0.05)
    # Together with the sky's own noise, which is not drawn again.
    bright = light > 5.0
    drawn = images.std(axis=0)[bright] ** 2 + noise[bright] ** 2
    assert np.median(drawn / EXPOSURE.sigma(sky + light)[bright] ** 2) == pytest.approx(1, abs=0.05)
    quoted = np.mean(np.square(sigmas), axis=0)[bright]
    assert np.median(quoted / EXPOSURE.sigma(light)[bright] ** 2) == pytest.approx(1, abs=0.01)


def test_bad_pixels_stay_bad_and_the_same_generator_gives_the_same_bytes():
    image, noise = np.zeros((48, 48), np.float32), np.full((48, 48), 0.03, np.float32)
    image[3, 4], noise[3, 4] = np.nan, np.inf
    twice = [
        inject_galaxy(
            galaxy(), image, noise, render_psf(PSF, 25), EXPOSURE, np.random.default_rng(1)
        )
        for _ in range(2)
    ]
    (first, sigma), (second, _) = twice
    assert first.tobytes() == second.tobytes()
    assert np.isnan(first[3, 4])
    assert np.isinf(sigma[3, 4])
    assert np.isfinite(np.delete(first, 3, axis=0)).all()
