"""The Sersic fit: exact without noise, at the bound with it, and never an exception."""

from functools import partial

import numpy as np
import pytest

from halflight.classical import fit_sersic, radius_bound
from halflight.half_light import Component
from halflight.instrument import PIXEL_SCALE
from halflight.scores.statistics import nmad

from .conftest import EXPOSURE

fit_sersic = partial(fit_sersic, pixel_scale=PIXEL_SCALE)

NOISE = {
    "nmgy_per_count": EXPOSURE.nmgy_per_count,
    "sky": EXPOSURE.sky,
    "gain": EXPOSURE.gain,
    "dark_variance": EXPOSURE.dark_variance,
}


@pytest.mark.parametrize("n", [0.7, 1.0, 2.5, 4.0, 5.5])
@pytest.mark.parametrize(("radius", "q"), [(0.8, 0.5), (2.0, 0.9), (6.0, 0.3)])
def test_noiseless_radius_within_half_a_per_cent(make_stamp, n, radius, q):
    stamp = make_stamp(flux=1000.0, radius=radius, axis_ratio=q, n=n)
    fit = fit_sersic(stamp.light, EXPOSURE.sigma(stamp.light), stamp.psf)
    assert fit.converged, fit.status
    assert fit.ln_radius == pytest.approx(np.log(radius), abs=5e-3)
    assert fit.axis_ratio == pytest.approx(q, rel=0.01)
    assert fit.sersic_n == pytest.approx(n, rel=0.02)
    assert (fit.x, fit.y) == pytest.approx((0.2, -0.3), abs=2e-3)
    assert fit.position_angle == pytest.approx(np.degrees(0.7), abs=0.6)
    assert fit.ln_axis_ratio == pytest.approx(np.log(fit.axis_ratio))
    assert abs(fit.ln_axis_ratio - np.log(q)) < 4 * fit.ln_axis_ratio_error + 0.01
    assert fit.flux == pytest.approx(1000.0, rel=0.01)


def test_scatter_is_the_bound_and_the_errors_are_honest(make_stamp, psf):
    galaxy = Component(1.5, 2.0, 0.6, 0.7, 25.0)
    bound = radius_bound([galaxy], psf=psf, x=0.2, y=-0.3, pixel_scale=PIXEL_SCALE, **NOISE)
    stamps = [make_stamp(flux=25.0, axis_ratio=0.6, seed=seed) for seed in range(60)]
    fits = [fit_sersic(stamp.image, stamp.sigma, stamp.psf) for stamp in stamps]
    residual = np.array([fit.ln_radius for fit in fits]) - np.log(2.0)
    error = np.array([fit.ln_radius_error for fit in fits])
    assert all(fit.converged for fit in fits)
    # 60 draws: the mean is known to 0.13 bounds, a standard deviation to 9 %, an NMAD to 15 %.
    assert abs(residual.mean()) < 3.5 * bound / np.sqrt(60)
    assert residual.std() == pytest.approx(bound, rel=0.3)
    assert nmad(residual) == pytest.approx(bound, rel=0.45)
    assert np.median(error) == pytest.approx(bound, rel=0.15)
    assert 0.5 < np.mean(np.abs(residual) < error) < 0.87


def test_masked_neighbours_do_not_move_the_radius(make_stamp):
    alone = make_stamp(flux=100.0)
    crowded = make_stamp(flux=100.0, neighbours=((60.0, 8.0, 5.0), (20.0, -9.0, -4.0)))
    radii = [fit_sersic(s.image, s.sigma, s.psf).ln_radius for s in (alone, crowded)]
    assert radii[1] == pytest.approx(radii[0], abs=0.06)


def test_an_index_at_its_bound_is_no_minimum_and_counts_as_known_no_more(make_stamp):
    """A star behind the galaxy asks for a cusp that no index within the bounds has."""
    stamp = make_stamp(flux=60.0, n=5.8, radius=1.0, x=0.0, y=0.0, neighbours=((60.0, 0.0, 0.0),))
    fit = fit_sersic(stamp.image, stamp.sigma, stamp.psf)
    assert fit.sersic_n == pytest.approx(8.0, rel=1e-2)
    assert (fit.converged, fit.status) == (False, "Sersic index at a bound")
    assert np.isfinite(fit.ln_radius)
    inside = Component(5.8, float(np.exp(fit.ln_radius)), fit.axis_ratio, 0.0, fit.flux)
    bound = partial(radius_bound, [inside], psf=stamp.psf, pixel_scale=PIXEL_SCALE, **NOISE)
    assert fit.ln_radius_error > bound(known_n=(True,))


def test_bad_pixels_are_left_out(make_stamp):
    stamp = make_stamp(flux=300.0)
    image, sigma = stamp.image.copy(), stamp.sigma.copy()
    image[46:48, 50:52] = np.nan
    image[10, :] = 1e6
    sigma[10, :] = np.inf
    fit = fit_sersic(image, sigma, stamp.psf)
    assert fit.converged
    assert fit.ln_radius == pytest.approx(np.log(2.0), abs=5 * fit.ln_radius_error)


def test_a_psf_off_its_centre_moves_the_galaxy_not_the_radius(make_stamp):
    stamp = make_stamp(flux=500.0)
    straight = fit_sersic(stamp.image, stamp.sigma, stamp.psf)
    shifted = fit_sersic(stamp.image, stamp.sigma, np.roll(stamp.psf, 1, axis=1))
    assert shifted.ln_radius == pytest.approx(straight.ln_radius, abs=1e-3)
    assert shifted.x == pytest.approx(straight.x - 0.396, abs=2e-3)


@pytest.mark.parametrize(
    "spoil", ["all_nan", "zero_sigma", "empty", "noise", "constant", "negative", "nan_psf"]
)
def test_a_hopeless_stamp_is_reported_not_raised(make_stamp, spoil):
    stamp = make_stamp(flux=1e-3, seed=8)
    image, sigma, psf = stamp.image.copy(), stamp.sigma.copy(), stamp.psf.copy()
    if spoil == "all_nan":
        image[:] = np.nan
    elif spoil == "zero_sigma":
        sigma[:] = 0.0
    elif spoil == "empty":
        image[:] = 0.0
    elif spoil == "constant":
        image[:] = 7.0
    elif spoil == "negative":
        image -= make_stamp(flux=200.0).light
    elif spoil == "nan_psf":
        psf[20, 20] = np.nan
    fit = fit_sersic(image, sigma, psf)
    assert fit.status
    if spoil in ("all_nan", "zero_sigma", "nan_psf"):
        assert np.isnan(fit.ln_radius)
    if spoil != "noise":  # noise alone may look like a faint galaxy
        assert not fit.converged
        assert fit.status != "ok"
    assert np.isfinite(fit.ln_radius_error) or not fit.converged


def test_refuses_unlike_shapes(psf):
    with pytest.raises(ValueError, match="square and alike"):
        fit_sersic(np.zeros((96, 96)), np.ones((95, 95)), psf)
