"""The aperture radius: its geometry in closed form, and a galaxy large against the PSF."""

from functools import partial

import galsim
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.classical import circle_to_semi_major, measure_aperture
from halflight.instrument import PIXEL_SCALE

measure_aperture = partial(measure_aperture, pixel_scale=PIXEL_SCALE)


def test_the_circle_of_science_section_one():
    # R_maj = 2", q = 0.5, n = 1: the circle with half the light has a radius of 1.49".
    assert 2.0 / circle_to_semi_major(0.5) == pytest.approx(1.49, abs=0.005)
    assert circle_to_semi_major(1.0) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("q", [0.3, 0.6, 0.9])
def test_the_geometry_equals_a_drawn_disc(q):
    disc = galsim.Exponential(half_light_radius=20 * np.sqrt(q)).shear(q=q, beta=0 * galsim.degrees)
    image = disc.drawImage(nx=601, ny=601, scale=0.5)
    assert 20.0 / image.calculateHLR(flux=1.0) == pytest.approx(circle_to_semi_major(q), rel=0.01)


@given(st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_a_flatter_galaxy_has_the_smaller_circle(first, second):
    low, high = sorted([first, second])
    assert circle_to_semi_major(low) >= circle_to_semi_major(high) >= 1.0 - 1e-9


def test_refuses_an_axis_ratio_outside_its_range():
    with pytest.raises(ValueError, match="axis_ratio must lie in"):
        circle_to_semi_major(0.01)


@pytest.mark.parametrize("q", [0.4, 0.7, 1.0])
def test_a_bright_exponential_disc(make_stamp, q):
    stamp = make_stamp(flux=2000.0, radius=3.0, axis_ratio=q, n=1.0)
    found = measure_aperture(stamp.image, stamp.sigma, stamp.psf)
    assert found.status == "ok"
    assert found.resolved
    # FLUX_AUTO misses a few per cent of the light by its definition, so the radius does too.
    assert found.ln_radius == pytest.approx(np.log(3.0), abs=0.06)
    assert 0.9 < found.flux / 2000.0 < 1.02
    assert found.axis_ratio == pytest.approx(q, abs=0.05)


def test_a_neighbour_is_replaced_by_the_opposite_side(make_stamp):
    alone = make_stamp(flux=500.0, radius=3.0, n=1.0)
    crowded = make_stamp(flux=500.0, radius=3.0, n=1.0, neighbours=((80.0, 9.0, 2.0),))
    radii = [measure_aperture(s.image, s.sigma, s.psf).ln_radius for s in (alone, crowded)]
    assert radii[1] == pytest.approx(radii[0], abs=0.05)


def test_a_point_source_is_not_resolved(make_stamp):
    stamp = make_stamp(flux=300.0, radius=0.01, n=0.5, axis_ratio=1.0)
    found = measure_aperture(stamp.image, stamp.sigma, stamp.psf)
    assert found.detected
    assert np.exp(found.ln_radius) < 0.35


def test_a_local_background_is_removed_on_request(make_stamp):
    stamp = make_stamp(flux=500.0, radius=1.5, n=1.0)
    raised = stamp.image + np.float32(0.05)
    plain = measure_aperture(stamp.image, stamp.sigma, stamp.psf)
    local = measure_aperture(raised, stamp.sigma, stamp.psf, local_background=True)
    assert local.flux == pytest.approx(plain.flux, rel=0.02)
    assert measure_aperture(raised, stamp.sigma, stamp.psf).flux > 1.02 * plain.flux


def test_hopeless_stamps_are_reported(make_stamp):
    stamp = make_stamp(flux=1e-3, seed=4)
    nothing = measure_aperture(np.full((96, 96), np.nan), stamp.sigma, stamp.psf)
    assert (nothing.detected, nothing.status) == (False, "no usable pixel")
    noise = measure_aperture(stamp.image, stamp.sigma, stamp.psf)
    assert (noise.detected, noise.status) == (False, "no source at the stamp centre")
    assert np.isnan(noise.ln_radius)
    bad = measure_aperture(stamp.image, stamp.sigma, 3 * stamp.psf)
    assert "must sum to 1" in bad.status


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (2, -2), (-1, 0)])
def test_a_psf_off_its_centre_is_refused(make_stamp, rows, columns):
    stamp = make_stamp(flux=300.0)
    found = measure_aperture(
        stamp.image, stamp.sigma, np.roll(stamp.psf, (rows, columns), axis=(0, 1))
    )
    assert "from its middle pixel: centre it" in found.status
    assert np.isnan(found.ln_radius)


@pytest.mark.parametrize("sky", [0.1, 5.0, 1000.0])
def test_a_sky_that_was_not_subtracted_is_said(make_stamp, sky):
    stamp = make_stamp(flux=300.0)
    raised = stamp.image + np.float32(sky)
    assert "every corner" in measure_aperture(raised, stamp.sigma, stamp.psf).status
    local = measure_aperture(raised, stamp.sigma, stamp.psf, local_background=True)
    assert local.status == "ok"
