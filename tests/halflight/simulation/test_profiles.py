"""Profiles: the shear convention, flux, permitted indices, and how far the light reaches."""

import math

import galsim
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.simulation import SERSIC_N_GRID, Component, Galaxy, quantise_sersic_n
from halflight.simulation.profiles import (
    FAST_GSPARAMS,
    FOLDED_BRIGHTNESS,
    WIDE_GSPARAMS,
    central_brightness,
    component_extent,
    component_profile,
    galaxy_gsparams,
    galaxy_profile,
)


@given(st.floats(0.5, 6.0))
def test_quantised_n_is_within_half_a_step(n):
    snapped = quantise_sersic_n(n)
    assert snapped in SERSIC_N_GRID
    assert abs(math.log(snapped / n)) <= 0.5 * math.log(12) / 59 + 1e-12


def test_grid_fits_galsims_cache():
    assert len(SERSIC_N_GRID) == 60
    assert SERSIC_N_GRID[0] == 0.5
    assert SERSIC_N_GRID[-1] == pytest.approx(6.0)


@pytest.mark.parametrize("n", [0.49, 6.1, float("nan")])
def test_n_outside_the_grid(n):
    with pytest.raises(ValueError, match=r"sersic_n must be within 0\.5"):
        quantise_sersic_n(n)


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2, 2.8])
def test_position_angle_runs_from_columns_to_rows(angle):
    profile = component_profile(Component(1.0, 3.0, 0.5, angle, 10.0), FAST_GSPARAMS)
    image = profile.drawImage(nx=200, ny=200, scale=0.2, method="no_pixel").array
    offset = np.arange(200) - 99.5
    x, y = offset[None, :], offset[:, None]
    xx, yy, xy = (float((image * m).sum()) for m in (x * x, y * y, x * y))
    measured = 0.5 * math.atan2(2 * xy, xx - yy)
    assert math.cos(2 * (measured - angle)) == pytest.approx(1, abs=1e-3)
    ratio = math.sqrt(
        (xx + yy - math.hypot(xx - yy, 2 * xy)) / (xx + yy + math.hypot(xx - yy, 2 * xy))
    )
    assert ratio == pytest.approx(0.5, abs=0.02)


def test_semi_major_axis_is_the_stated_radius():
    """Along the major axis the brightness at R is that of a round profile of radius R."""
    flat = component_profile(Component(2.5, 3.0, 0.25, 0.0, 1.0), FAST_GSPARAMS)
    round_one = component_profile(Component(2.5, 3.0, 1.0, 0.0, 0.25**-1), FAST_GSPARAMS)
    for x in (1.0, 3.0, 8.0):
        assert flat.xValue(x, 0) == pytest.approx(round_one.xValue(x, 0), rel=1e-5)
        assert flat.xValue(0, 0.25 * x) == pytest.approx(flat.xValue(x, 0), rel=1e-5)


@pytest.mark.parametrize("n", [0.5, 1.0, 2.5, 4.0, 6.0])
def test_central_brightness_and_extent_match_galsim(n):
    component = Component(n, 2.0, 0.6, 0.0, 50.0)
    profile = component_profile(component, galsim.GSParams())
    assert central_brightness(component) == pytest.approx(profile.xValue(0, 0), rel=1e-3)
    for brightness in (1e-1, 1e-3):
        reach = component_extent(component, brightness)
        assert profile.xValue(reach, 0) == pytest.approx(brightness, rel=1e-3)
    assert component_extent(component, 1e9) == 0.0


@pytest.mark.parametrize("axis_ratio", [1.0, 0.3])
def test_flux_is_conserved(axis_ratio):
    galaxy = Galaxy(
        (Component(1.0, 1.0, axis_ratio, 0.4, 30.0), Component(2.0, 0.5, 0.8, 1.0, 12.0)), 0, 0
    )
    image = galaxy_profile(galaxy, FAST_GSPARAMS).drawImage(nx=300, ny=300, scale=0.1)
    assert image.array.sum() == pytest.approx(42.0, rel=2e-3)


def test_wide_parameters_only_where_little_light_folds():
    def chosen(n, radius, flux):
        return galaxy_gsparams(Galaxy((Component(n, radius, 0.7, 0.0, flux),), 0.0, 0.0))

    assert chosen(5.0, 10.0, 50.0) is WIDE_GSPARAMS
    assert chosen(1.0, 10.0, 50.0) is FAST_GSPARAMS
    assert chosen(5.0, 0.6, 50.0) is FAST_GSPARAMS
    assert chosen(4.0, 3.0, 2500.0) is FAST_GSPARAMS
    assert FOLDED_BRIGHTNESS < 0.05 * 0.029
