"""One exposure, one PSF and noisy galaxies drawn by the simulation, for these tests."""

from dataclasses import dataclass

import numpy as np
import pytest

from halflight.instrument import Exposure
from halflight.simulation import (
    Component,
    Galaxy,
    Psf,
    Scene,
    Star,
    add_noise,
    render_psf,
    render_scene,
)

EXPOSURE = Exposure(nmgy_per_count=0.0051, sky=147.0, gain=4.72, dark_variance=1.2)
PSF = Psf("double_gaussian", 1.32, 0.03, -0.02)
SIZE = 96


@dataclass(frozen=True)
class Stamp:
    """A galaxy's light, its noisy image with sigma, and its PSF."""

    light: np.ndarray
    image: np.ndarray
    sigma: np.ndarray
    psf: np.ndarray


@pytest.fixture(scope="session")
def psf():
    return render_psf(PSF, 51)


@pytest.fixture(scope="session")
def make_stamp(psf):
    """make_stamp(flux=..., radius=..., ...) -> Stamp: one Sersic galaxy and its neighbours."""

    def make(
        *, flux, radius=2.0, axis_ratio=0.6, angle=0.7, n=1.5, x=0.2, y=-0.3, neighbours=(), seed=0
    ):
        galaxy = Galaxy((Component(n, radius, axis_ratio, angle, flux),), x, y)
        stars = tuple(Star(*star) for star in neighbours)
        light = render_scene(Scene(galaxy, stars, PSF, EXPOSURE, 0.0, (0.0, 0.0)), SIZE)
        rng = np.random.Generator(np.random.Philox(key=[5, seed]))
        image = add_noise(light, EXPOSURE, rng)
        return Stamp(light, image, EXPOSURE.sigma(image), psf)

    return make
