"""The label against independent measurements: GalSim's image, a brute-force search, hand values."""

import math

import galsim
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from halflight.simulation import (
    Component,
    Galaxy,
    HalfLightEllipse,
    enclosed_fraction,
    half_light_ellipse,
)
from halflight.simulation.profiles import galaxy_profile

PIXELS = 256


def noiseless_samples(components):
    """Surface brightness sampled from GalSim in real space: coarse points, and light at the core.

    The core, the inner eighth of the box, is replaced by two nested finer boxes so that cusps are
    resolved; it lies inside every ellipse that is tried below.
    """
    profile = galaxy_profile(Galaxy(tuple(components), 0.0, 0.0), galsim.GSParams())
    largest = max(c.half_light_radius for c in components)
    step = 3.2 * largest / PIXELS
    offset = np.arange(PIXELS) - (PIXELS - 1) / 2
    outside = np.maximum(np.abs(offset[:, None]), np.abs(offset[None, :])) > PIXELS / 16
    core = 0.0
    for level in range(4):
        scale = step / 8**level
        image = profile.drawImage(
            nx=PIXELS, ny=PIXELS, scale=scale, method="no_pixel", dtype=np.float64
        )
        if level == 0:
            coarse = np.where(outside, image.array, 0.0)
        else:
            core += image.array[outside].sum() if level < 3 else image.array.sum()
    return offset * step, coarse, core


def measured_half_light_ellipse(components):
    """Numerically the smallest ellipse with half the light of an image; shares no code."""
    offset, light, core = noiseless_samples(components)
    x, y = offset[None, :], offset[:, None]
    step = offset[1] - offset[0]
    flux = sum(c.flux for c in components)

    def semi_major(shape):
        """Of the ellipse of this axis ratio and angle that holds half of the light."""
        q, angle = math.exp(-abs(shape[0])), shape[1]
        along = x * math.cos(angle) + y * math.sin(angle)
        across = (y * math.cos(angle) - x * math.sin(angle)) / q
        radius = np.maximum(np.hypot(along, across), 1e-9)
        # How much the elliptical radius changes across a pixel: the boundary's soft edge.
        width = step * np.hypot(along, across / q) / radius

        def excess(a):
            inside = np.clip((a - radius) / width + 0.5, 0.0, 1.0)
            return core + (light * inside).sum() - 0.5 * flux

        return brentq(excess, 20 * step, PIXELS / 2 * step, xtol=1e-7)

    def log_area(shape):
        return 2 * math.log(semi_major(shape)) - abs(shape[0])

    # The minimum of a parabola through 25 shapes, three times over: a search would stop in the
    # pixels' noise, to which the fit is blind.
    start = max(components, key=lambda c: c.flux)
    best = np.array([-math.log(start.axis_ratio) + 0.1, start.position_angle + 0.1])
    for width in (0.4, 0.2, 0.2):
        grid = width * np.stack(np.meshgrid(*2 * [np.linspace(-1, 1, 5)]), axis=-1).reshape(-1, 2)
        u, v = grid.T
        design = np.stack([np.ones(25), u, v, u**2, u * v, v**2, u**3, u**2 * v, u * v**2], axis=1)
        areas = [log_area(best + shift) for shift in grid]
        fit = np.linalg.lstsq(design, np.array(areas), rcond=None)[0]
        hessian = np.array([[2 * fit[3], fit[4]], [fit[4], 2 * fit[5]]])
        best = best + np.clip(-np.linalg.solve(hessian, fit[1:3]), -width, width)
    return semi_major(best), math.exp(-abs(best[0])), best[1] % math.pi


@pytest.mark.parametrize("sersic_n", [0.5, 1.0, 2.5, 4.0, 6.0])
@pytest.mark.parametrize(("radius", "axis_ratio"), [(0.5, 1.0), (3.0, 0.5), (12.0, 0.2)])
def test_single_sersic_holds_half_its_light(sersic_n, radius, axis_ratio):
    component = Component(sersic_n, radius, axis_ratio, 0.7, 30.0)
    truth = half_light_ellipse((component,))
    assert truth == HalfLightEllipse(radius, axis_ratio, 0.7)

    offset, light, core = noiseless_samples((component,))
    x, y = offset[None, :], offset[:, None]
    step = offset[1] - offset[0]
    along = x * math.cos(0.7) + y * math.sin(0.7)
    across = (y * math.cos(0.7) - x * math.sin(0.7)) / axis_ratio
    elliptical = np.hypot(along, across)
    width = step * np.hypot(along, across / axis_ratio) / elliptical

    def excess(a):
        return core + (light * np.clip((a - elliptical) / width + 0.5, 0, 1)).sum() - 15.0

    # The core's box must lie inside the ellipse, or its light would be counted twice over.
    measured = brentq(excess, 0.5 * radius, 1.5 * radius)
    assert measured == pytest.approx(radius, rel=0.01)


@pytest.mark.parametrize(("sersic_n", "axis_ratio"), [(1.0, 0.4), (4.0, 0.8), (2.5, 0.6)])
def test_single_sersic_is_its_smallest_ellipse(sersic_n, axis_ratio):
    component = Component(sersic_n, 3.0, axis_ratio, 0.7, 30.0)
    semi_major, q, angle = measured_half_light_ellipse((component,))
    assert semi_major == pytest.approx(3.0, rel=0.01)
    assert q == pytest.approx(axis_ratio, rel=0.02)
    assert angle == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(
    ("bulge_n", "fraction", "ratio", "bulge_q", "disc_q", "twist"),
    [
        (1.0, 0.2, 0.3, 0.9, 0.4, 0.0),
        (4.0, 0.5, 0.3, 0.8, 0.35, 0.15),
        (2.0, 0.7, 0.6, 0.5, 0.9, 0.3),
        (4.0, 0.4, 0.2, 0.6, 0.6, 0.8),
    ],
)
def test_bulge_and_disc(bulge_n, fraction, ratio, bulge_q, disc_q, twist):
    components = (
        Component(bulge_n, 3.0 * ratio, bulge_q, 0.6 + twist, 10.0 * fraction),
        Component(1.0, 3.0, disc_q, 0.6, 10.0 * (1 - fraction)),
    )
    truth = half_light_ellipse(components)
    semi_major, q, angle = measured_half_light_ellipse(components)
    assert truth.semi_major == pytest.approx(semi_major, rel=0.01)
    assert truth.axis_ratio == pytest.approx(q, rel=0.02)
    turn = (truth.position_angle - angle + math.pi / 2) % math.pi - math.pi / 2
    assert turn * (1 - q) == pytest.approx(0.0, abs=0.02)


def test_three_radii_that_must_not_be_confused():
    """Semi-major, circularised and aperture radius of R = 2 arcsec, q = 0.5, n = 1."""
    component = Component(1.0, 2.0, 0.5, 0.3, 1.0)
    truth = half_light_ellipse((component,))
    assert truth.semi_major == 2.0
    assert truth.semi_major * math.sqrt(truth.axis_ratio) == pytest.approx(1.414, abs=5e-4)
    circle = brentq(
        lambda r: enclosed_fraction((component,), HalfLightEllipse(r, 1.0, 0.0)) - 0.5, 0.5, 3
    )
    assert circle == pytest.approx(1.49, abs=5e-3)


shapes = st.tuples(
    st.floats(0.5, 6.0), st.floats(0.15, 1.5), st.floats(0.2, 1.0), st.floats(0, 3.1)
)


@settings(max_examples=60, deadline=None)
@given(bulge=shapes, disc=shapes, fraction=st.floats(0.01, 0.99))
def test_half_the_light_in_the_smallest_ellipse(bulge, disc, fraction):
    components = (Component(*bulge, fraction), Component(*disc, 1 - fraction))
    truth = half_light_ellipse(components)
    assert enclosed_fraction(components, truth) == pytest.approx(0.5, abs=1e-6)
    assert 0 < truth.axis_ratio <= 1
    assert 0 <= truth.position_angle < math.pi
    # A small stretch or turn at equal area never holds more light.
    for stretch in (0.97, 1.03):
        other = HalfLightEllipse(
            truth.semi_major / math.sqrt(stretch),
            min(truth.axis_ratio * stretch, 1 / stretch),
            truth.position_angle,
        )
        if other.axis_ratio == truth.axis_ratio * stretch:
            assert enclosed_fraction(components, other) < 0.5 + 1e-6
    for turn in (-0.1, 0.1):
        turned = HalfLightEllipse(truth.semi_major, truth.axis_ratio, truth.position_angle + turn)
        assert enclosed_fraction(components, turned) < 0.5 + 1e-6


@settings(max_examples=30, deadline=None)
@given(bulge=shapes, disc=shapes, scale=st.floats(0.1, 20), turn=st.floats(0, 3))
def test_scales_and_turns_with_the_galaxy(bulge, disc, scale, turn):
    components = (Component(*bulge, 0.4), Component(*disc, 0.6))
    moved = tuple(
        Component(
            c.sersic_n,
            c.half_light_radius * scale,
            c.axis_ratio,
            c.position_angle + turn,
            c.flux * 7,
        )
        for c in components
    )
    before, after = half_light_ellipse(components), half_light_ellipse(moved)
    assert after.semi_major == pytest.approx(before.semi_major * scale, rel=1e-6)
    assert after.axis_ratio == pytest.approx(before.axis_ratio, rel=1e-6)


def test_two_equal_halves_are_the_whole():
    half = Component(2.5, 1.7, 0.35, 2.0, 1.0)
    truth = half_light_ellipse((half, half))
    assert truth.semi_major == pytest.approx(1.7, rel=1e-8)
    assert truth.axis_ratio == pytest.approx(0.35, rel=1e-8)
    assert truth.position_angle == pytest.approx(2.0, rel=1e-8)


def test_no_components():
    with pytest.raises(ValueError, match="at least one component, got none"):
        half_light_ellipse(())
