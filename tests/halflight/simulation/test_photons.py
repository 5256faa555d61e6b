"""Photons: the light of the Fourier renderer, with the scatter that the noise model says."""

import numpy as np
import pytest

from halflight.half_light import Component
from halflight.instrument import Exposure
from halflight.simulation import Galaxy, Psf, Scene, Star, photograph, render_objects, shoot
from halflight.simulation.simulation import simulate_stamp

EXPOSURE = Exposure(nmgy_per_count=0.0051, sky=90.0, gain=4.7, dark_variance=1.1)
ROUND = Psf("moffat", 1.3, beta=3.5)
DOUBLE = Psf("double_gaussian", 1.4, e1=0.05, e2=-0.03)
BULGE = Component(4.0, 0.6, 0.8, 0.4, 150.0)
DISC = Component(1.0, 2.2, 0.5, 0.6, 350.0)


@pytest.mark.parametrize("psf", [ROUND, DOUBLE], ids=["moffat", "double Gaussian"])
@pytest.mark.parametrize(
    "item",
    [
        Galaxy((DISC,), 0.1, -0.2),
        Galaxy((BULGE, DISC), -0.15, 0.3),
        Galaxy((Component(6.0, 1.5, 0.9, 1.0, 400.0),), 0.0, 0.0),
        Star(300.0, 0.2, 0.13),
    ],
    ids=["disc", "bulge and disc", "steep", "star"],
)
def test_they_fall_where_the_fourier_renderer_says(item, psf):
    """Beside Poisson's scatter: two programs for one integral, with no step in common."""
    electrons = EXPOSURE.gain / EXPOSURE.nmgy_per_count
    expected = render_objects(48, [item], psf, whole=True).astype(float) * electrons
    received = shoot(48, [item], psf, EXPOSURE, np.random.default_rng(5)).astype(float)
    assert np.array_equal(received, np.round(received))
    assert received.sum() == pytest.approx(expected.sum(), rel=3e-3)
    seen = expected > 20
    z = (received - expected)[seen] / np.sqrt(expected[seen])
    assert np.mean(z**2) == pytest.approx(1.0, abs=5 * np.sqrt(2 / seen.sum()) + 0.02)
    assert abs(z.mean()) < 5 / np.sqrt(seen.sum())


def test_a_photograph_scatters_as_the_noise_model_says():
    scene = Scene(
        Galaxy((Component(1.0, 1.2, 0.5, 0.6, 20.0),), 0.0, 0.0),
        (Star(4.0, 3.0, 2.0),),
        ROUND,
        EXPOSURE,
        sky_level=0.01,
        sky_gradient=(1e-4, 0.0),
    )
    images = np.stack([photograph(scene, 32, np.random.default_rng(n)) for n in range(200)])
    assert images.dtype == np.float32
    light = render_objects(32, [*scene.own, *scene.neighbours], ROUND, whole=True) + 0.01
    light += 1e-4 * (np.arange(32) - 15.5)
    sigma = EXPOSURE.sigma(light)
    error = (images.mean(axis=0) - light) / sigma * np.sqrt(200)
    assert np.mean(error**2) == pytest.approx(1.0, abs=0.2)
    assert np.mean(images.var(axis=0) / sigma**2) == pytest.approx(1.0, abs=0.02)


def test_the_same_generator_gives_the_same_bytes():
    item = Galaxy((BULGE, DISC), 0.0, 0.0)
    one, other = (shoot(24, [item], DOUBLE, EXPOSURE, np.random.default_rng(3)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_the_renderer_decides_the_pixels_and_nothing_that_is_true(population):
    rows, images = [], []
    for renderer in ("fourier", "photons"):
        row, image, _, psf = simulate_stamp(
            7,
            seed=1,
            stamp_size=32,
            psf_size=25,
            population=population.changed(renderer=renderer),
        )
        rows.append(row | {"psf": psf.tobytes()})
        images.append(image)
    assert rows[0] == pytest.approx(rows[1], nan_ok=True)
    assert not np.array_equal(*images)
