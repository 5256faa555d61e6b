"""The Cramer-Rao bound against numerical derivatives of GalSim's own image."""

from functools import partial

import galsim
import numpy as np
import pytest

from halflight.classical import radius_bound
from halflight.instrument import PIXEL_SCALE
from halflight.simulation import psf_profile

from .conftest import EXPOSURE, PSF
from .test_sersic import NOISE

radius_bound = partial(radius_bound, pixel_scale=PIXEL_SCALE)

GALAXY = {
    "flux": 100.0,
    "half_light_radius": 2.0,
    "axis_ratio": 0.6,
    "sersic_n": 1.5,
    "position_angle": 0.7,
}


def galsim_bound(parameters):
    """Central differences in (x, y, ln flux, ln R, q, angle, n, sky), drawn by GalSim."""

    def draw(p):
        profile = galsim.Sersic(p[6], half_light_radius=np.exp(p[3]) * np.sqrt(p[4]))
        profile = profile.shear(q=p[4], beta=p[5] * galsim.radians).shift(p[0], p[1])
        params = galsim.GSParams(folding_threshold=1e-3, maximum_fft_size=8192)
        seen = galsim.Convolve(profile, psf_profile(PSF, params), gsparams=params)
        return np.exp(p[2]) * seen.drawImage(nx=96, ny=96, scale=0.396, dtype=float).array + p[7]

    flux, radius, q, n, angle = (parameters[name] for name in GALAXY)
    start = np.array([0.0, 0.0, np.log(flux), np.log(radius), q, angle, n, 0.0])
    columns = []
    for i, step in enumerate([0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.01]):
        move = np.zeros(8)
        move[i] = step
        columns.append((draw(start + move) - draw(start - move)).ravel() / (2 * step))
    weighted = np.array(columns) / EXPOSURE.sigma(draw(start)).astype(float).ravel()
    return np.sqrt(np.linalg.inv(weighted @ weighted.T)[3, 3])


@pytest.mark.parametrize("change", [{}, {"flux": 10.0}, {"sersic_n": 3.0, "axis_ratio": 0.85}])
def test_equals_the_numerical_bound(psf, change):
    galaxy = GALAXY | change
    assert radius_bound(**galaxy, psf=psf, **NOISE) == pytest.approx(galsim_bound(galaxy), rel=0.02)


def test_a_brighter_galaxy_is_better_known(psf):
    bounds = [radius_bound(**GALAXY | {"flux": f}, psf=psf, **NOISE) for f in (1.0, 10.0, 100.0)]
    assert bounds[0] > bounds[1] > bounds[2]
    # Where the sky dominates the noise the bound falls as 1 / flux.
    assert bounds[0] / bounds[1] == pytest.approx(10.0, rel=0.1)


def test_a_round_galaxy_has_a_finite_bound(psf):
    round_galaxy = radius_bound(**GALAXY | {"axis_ratio": 1.0}, psf=psf, **NOISE)
    nearly = radius_bound(**GALAXY | {"axis_ratio": 0.999}, psf=psf, **NOISE)
    assert round_galaxy == pytest.approx(nearly, rel=0.02)


@pytest.mark.parametrize(
    ("name", "value"), [("flux", -1.0), ("axis_ratio", 1.2), ("half_light_radius", np.nan)]
)
def test_names_a_parameter_out_of_range(psf, name, value):
    with pytest.raises(ValueError, match=name):
        radius_bound(**GALAXY | {name: value}, psf=psf, **NOISE)
