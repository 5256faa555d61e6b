"""Scenes of known galaxies, and the priors of params.yaml."""

from types import SimpleNamespace

import numpy as np
import pytest

from halflight import params
from halflight.classical.scene import Beliefs
from halflight.instrument import PIXEL_SCALE, ZERO_POINT
from halflight.simulation import Component, Galaxy, Scene, add_noise, render_scene

from ..conftest import EXPOSURE, PSF, SIZE


@pytest.fixture(scope="session")
def beliefs():
    return Beliefs(params.read("radius.classical").scene, PIXEL_SCALE, ZERO_POINT)


@pytest.fixture(scope="session")
def draw(psf):
    """draw(component, ..., neighbours=(galaxy or star, ...)) -> image, sigma, psf and more."""

    def drawn(*components, x=0.2, y=-0.3, neighbours=(), seed=0, noisy=True):
        components = tuple(Component(*component) for component in components)
        galaxy = Galaxy(components, x, y)
        light = render_scene(Scene(galaxy, tuple(neighbours), PSF, EXPOSURE, 0.0, (0.0, 0.0)), SIZE)
        rng = np.random.Generator(np.random.Philox(key=[6, seed]))
        image = add_noise(light, EXPOSURE, rng) if noisy else light
        return SimpleNamespace(
            components=components, image=image, sigma=EXPOSURE.sigma(image), psf=psf
        )

    return drawn
