"""The Cramer-Rao bound against numerical derivatives of GalSim's own image."""

import math
from dataclasses import replace
from functools import partial

import galsim
import numpy as np
import pytest

from halflight.classical import radius_bound
from halflight.half_light import Component, half_light_ellipse
from halflight.instrument import PIXEL_SCALE
from halflight.simulation import psf_profile

from .conftest import EXPOSURE, PSF
from .test_sersic import NOISE

bound_of = partial(radius_bound, **NOISE, pixel_scale=PIXEL_SCALE)

GALAXY = Component(1.5, 2.0, 0.6, 0.7, 100.0)
BULGE = Component(2.2, 0.8, 0.75, 0.9, 120.0)
DISC = Component(1.0, 2.5, 0.5, 0.6, 280.0)
STEPS = {"flux": 0.01, "half_light_radius": 0.01, "axis_ratio": 0.01, "position_angle": 0.01}


def drawn(components, x=0.0, y=0.0, sky=0.0):
    params = galsim.GSParams(folding_threshold=1e-3, maximum_fft_size=8192)
    profiles = [
        galsim.Sersic(
            c.sersic_n, half_light_radius=c.half_light_radius * math.sqrt(c.axis_ratio), flux=c.flux
        ).shear(q=c.axis_ratio, beta=c.position_angle * galsim.radians)
        for c in components
    ]
    profile = galsim.Sum(profiles).shift(x, y)
    seen = galsim.Convolve(profile, psf_profile(PSF, params), gsparams=params)
    return seen.drawImage(nx=96, ny=96, scale=PIXEL_SCALE, dtype=float).array + sky


def galsim_bound(components, known_n):
    """Central differences of GalSim's image and of ln R_e by every parameter that is free."""
    columns, slopes = [], []

    def difference(step, high, low):
        columns.append((drawn(**high) - drawn(**low)).ravel() / (2 * step))
        radii = [half_light_ellipse(side["components"]).semi_major for side in (high, low)]
        slopes.append(math.log(radii[0] / radii[1]) / (2 * step))

    for name in ("x", "y", "sky"):
        high, low = ({"components": components, name: sign * 0.01} for sign in (1, -1))
        difference(0.01, high, low)
    for number, (one, known) in enumerate(zip(components, known_n, strict=True)):
        steps = STEPS | ({} if known else {"sersic_n": 0.02})
        for name, step in steps.items():
            relative = name in ("flux", "half_light_radius")
            change = step * (getattr(one, name) if relative else 1.0)
            high, low = (
                {"components": [*components[:number], new, *components[number + 1 :]]}
                for sign in (1, -1)
                for new in [replace(one, **{name: getattr(one, name) + sign * change})]
            )
            difference(change, high, low)
    weighted = np.array(columns) / EXPOSURE.sigma(drawn(components)).astype(float).ravel()
    slope = np.array(slopes)
    return math.sqrt(slope @ np.linalg.inv(weighted @ weighted.T) @ slope)


@pytest.mark.parametrize(
    "galaxy", [GALAXY, replace(GALAXY, flux=10.0), replace(GALAXY, sersic_n=3.0, axis_ratio=0.85)]
)
def test_equals_the_numerical_bound(psf, galaxy):
    expected = galsim_bound([galaxy], [False])
    assert bound_of([galaxy], psf=psf) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("known_n", [(False, True), (False, False)])
@pytest.mark.parametrize(
    "components",
    [(BULGE, DISC), (replace(BULGE, flux=400.0, axis_ratio=0.9), DISC)],
    ids=["disc", "bulge"],
)
def test_equals_the_numerical_bound_of_bulge_and_disc(psf, components, known_n):
    expected = galsim_bound(components, known_n)
    found = bound_of(components, known_n=known_n, psf=psf)
    assert found == pytest.approx(expected, rel=0.03)


def test_what_is_known_makes_the_radius_better_known(psf):
    known = bound_of((BULGE, DISC), known_n=(False, True), psf=psf)
    assert known < 0.95 * bound_of((BULGE, DISC), psf=psf)


def test_a_component_more_makes_the_radius_less_known(psf):
    """Even one of little light, whose parameters the stamp hardly tells."""
    faint = replace(BULGE, flux=10.0)
    alone = bound_of((DISC,), known_n=(True,), psf=psf)
    assert bound_of((faint, DISC), known_n=(False, True), psf=psf) > alone


def test_the_order_of_the_components_is_nothing(psf):
    one = bound_of((BULGE, DISC), known_n=(False, True), psf=psf)
    assert bound_of((DISC, BULGE), known_n=(True, False), psf=psf) == pytest.approx(one, rel=1e-5)


def test_two_profiles_that_are_one_cannot_be_told_apart(psf):
    """Nobody can say which of two equal profiles has the light: an infinite bound, or none."""
    bound = bound_of((DISC, DISC), psf=psf)
    assert math.isnan(bound) or bound > 10 * bound_of((DISC,), psf=psf)


def test_a_brighter_galaxy_is_better_known(psf):
    bounds = [bound_of([replace(GALAXY, flux=flux)], psf=psf) for flux in (1.0, 10.0, 100.0)]
    assert bounds[0] > bounds[1] > bounds[2]
    # Where the sky dominates the noise the bound falls as 1 / flux.
    assert bounds[0] / bounds[1] == pytest.approx(10.0, rel=0.1)


def test_a_round_galaxy_has_a_finite_bound(psf):
    round_galaxy = bound_of([replace(GALAXY, axis_ratio=1.0)], psf=psf)
    nearly = bound_of([replace(GALAXY, axis_ratio=0.999)], psf=psf)
    assert round_galaxy == pytest.approx(nearly, rel=0.02)


@pytest.mark.parametrize("name", ["gain", "nmgy_per_count"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_names_a_number_out_of_range(psf, name, value):
    with pytest.raises(ValueError, match=rf"{name} must be positive and finite, got {value}"):
        bound_of([GALAXY], psf=psf, **{name: value})


@pytest.mark.parametrize(("components", "known_n"), [([], ()), ([GALAXY], (True, False))])
def test_each_component_is_known_or_not(psf, components, known_n):
    with pytest.raises(ValueError, match="known_n must say one thing of each"):
        bound_of(components, known_n=known_n, psf=psf)
