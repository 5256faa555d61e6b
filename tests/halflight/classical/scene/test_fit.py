"""The scene fit: true radii with true errors, neighbours explained, and never an exception."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from halflight import params
from halflight.classical import Beliefs, explain_scene, fit_scene, fit_sersic
from halflight.half_light import Component, half_light_ellipse
from halflight.instrument import PIXEL_SCALE
from halflight.simulation import Galaxy, Star, simulate_stamp


@pytest.fixture
def fit(beliefs):
    return lambda stamp: fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)


@pytest.mark.parametrize("n", [0.7, 1.0, 2.5, 4.0])
@pytest.mark.parametrize(("radius", "q"), [(0.8, 0.5), (2.0, 0.9), (6.0, 0.4)])
def test_a_bright_single_profile(draw, fit, n, radius, q):
    found = fit(draw((n, radius, q, 0.7, 1000.0), noisy=False))
    assert found.converged, found.status
    assert found.ln_radius == pytest.approx(np.log(radius), abs=0.015)
    assert found.axis_ratio == pytest.approx(q, rel=0.02)
    assert found.position_angle == pytest.approx(np.degrees(0.7), abs=1.0)
    assert found.flux == pytest.approx(1000.0, rel=0.01)
    assert found.magnitude == pytest.approx(15.0, abs=0.01)
    assert (found.x, found.y) == pytest.approx((0.2, -0.3), abs=2e-3)
    assert found.bulge_disc_probability < 0.6  # nothing speaks for a second profile


@pytest.mark.parametrize("share", [0.25, 0.6])
@pytest.mark.parametrize("angle", [0.7, 0.9])
def test_a_bulge_and_a_disc_have_the_radius_of_their_sum(draw, fit, share, angle):
    stamp = draw((3.0, 0.8, 0.8, angle, share * 600.0), (1.0, 3.5, 0.5, 0.7, (1 - share) * 600.0))
    truth = half_light_ellipse(stamp.components)
    found = fit(stamp)
    assert found.converged, found.status
    assert found.bulge_disc_probability > 0.9
    assert found.bulge_fraction == pytest.approx(share, abs=0.06)
    assert found.ln_radius == pytest.approx(np.log(truth.semi_major), abs=0.03)
    assert found.axis_ratio == pytest.approx(truth.axis_ratio, abs=0.02)
    alone = fit_sersic(stamp.image, stamp.sigma, stamp.psf, pixel_scale=PIXEL_SCALE)
    apart = abs(alone.ln_radius - np.log(truth.semi_major))
    assert abs(found.ln_radius - np.log(truth.semi_major)) < apart


NEIGHBOURS = {
    "a star 8 pixels away": Star(80.0, 3.4, 0.1),
    "a galaxy of the same flux 14 pixels away": Galaxy(
        (Component(1.5, 1.5, 0.6, 2.0, 60.0),), -5.0, 3.0
    ),
    "a bright star at the edge of the stamp": Star(2000.0, 15.0, 15.5),
}


@pytest.mark.parametrize("neighbour", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_a_neighbour_moves_the_radius_by_less_than_its_error(draw, fit, neighbour):
    galaxy = (1.5, 2.0, 0.6, 0.7, 60.0)
    alone, beside = fit(draw(galaxy)), fit(draw(galaxy, neighbours=(neighbour,)))
    assert beside.ln_radius == pytest.approx(alone.ln_radius, abs=2.5 * beside.ln_radius_error)
    assert beside.ln_radius == pytest.approx(np.log(2.0), abs=4 * beside.ln_radius_error)
    assert beside.ln_radius_error < 0.1


def test_the_errors_are_those_of_repeated_exposures(draw, fit):
    found = [fit(draw((1.5, 2.0, 0.6, 0.7, 25.0), seed=seed)) for seed in range(24)]
    residual = np.array([f.ln_radius for f in found]) - np.log(2.0)
    error = np.array([f.ln_radius_error for f in found])
    # 24 draws know a mean to 0.2 and a standard deviation to 15 % of an error.
    assert abs(residual.mean()) < 0.8 * np.median(error)
    assert 0.5 < residual.std() / np.median(error) < 1.5


def test_the_same_sky_turned_or_mirrored_is_measured_alike(draw, fit):
    stamp = draw((2.0, 1.5, 0.5, 0.4, 80.0), neighbours=(Star(30.0, 4.0, 2.0),))
    upright = fit(stamp)
    for turned in (np.rot90, np.fliplr, np.transpose):
        for name in ("image", "sigma", "psf"):
            setattr(stamp, name, np.ascontiguousarray(turned(getattr(stamp, name))))
        found = fit(stamp)
        assert found.ln_radius == pytest.approx(upright.ln_radius, abs=2e-3)
        assert found.ln_radius_error == pytest.approx(upright.ln_radius_error, rel=0.03)


def test_the_answer_is_the_same_in_any_unit_and_for_any_camera(draw, beliefs):
    """A stamp in other units, by pixels of another angle, where galaxies are as large in pixels."""
    stamp = draw((2.0, 1.5, 0.5, 0.4, 80.0), neighbours=(Star(30.0, 4.0, 2.0),))
    here = fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)
    smaller = beliefs.priors.changed(size_intercept=beliefs.priors.size_intercept - np.log10(2.0))
    other = Beliefs(smaller, beliefs.pixel_scale / 2, beliefs.zero_point + 7.5)
    there = fit_scene(1e3 * stamp.image, 1e3 * stamp.sigma, stamp.psf, beliefs=other)
    assert there.ln_radius == pytest.approx(here.ln_radius - np.log(2.0), abs=1e-3)
    assert there.magnitude == pytest.approx(here.magnitude, abs=1e-3)
    assert there.flux == pytest.approx(1e3 * here.flux, rel=1e-3)
    assert there.x == pytest.approx(here.x / 2, abs=1e-3)
    assert there.neighbours == here.neighbours
    for same in ("ln_radius_error", "bulge_disc_probability", "axis_ratio", "sersic_n"):
        assert getattr(there, same) == pytest.approx(getattr(here, same), rel=5e-3), same


def test_all_errors_are_those_of_repeated_exposures(draw, fit):
    found = [fit(draw((1.5, 2.0, 0.6, 0.7, 25.0), seed=seed)) for seed in range(24)]
    truth = {"ln_axis_ratio": np.log(0.6), "magnitude": 22.5 - 2.5 * np.log10(25.0)}
    truth |= {"position_angle": np.degrees(0.7), "ln_sersic_n": np.log(1.5), "x": 0.2, "y": -0.3}
    for name, expected in truth.items():
        value = np.array([getattr(f, name) for f in found])
        error = np.median([getattr(f, f"{name}_error") for f in found])
        assert abs(np.median(value) - expected) < 0.8 * error, name
        assert 0.5 < value.std() / error < 1.6, name
    radius_and_magnitude = [(f.ln_radius, f.magnitude) for f in found]
    said = np.median([f.radius_magnitude_correlation for f in found])
    assert np.corrcoef(radius_and_magnitude, rowvar=False)[0, 1] == pytest.approx(said, abs=0.3)
    assert said < 0.0  # what is larger is brighter


def test_a_round_galaxy_has_a_ratio_of_at_most_1_and_any_angle(draw, fit):
    found = fit(draw((1.5, 1.5, 1.0, 0.0, 10.0)))
    assert 0.0 < found.axis_ratio <= 1.0
    assert found.ln_axis_ratio == pytest.approx(np.log(found.axis_ratio))
    assert abs(found.ln_axis_ratio) < 4 * found.ln_axis_ratio_error
    assert 5.0 < found.position_angle_error <= 52.0


def test_what_is_explained_and_what_is_left_over_make_the_stamp(draw, beliefs):
    stamp = draw((2.0, 1.5, 0.5, 0.4, 80.0), neighbours=(Star(30.0, 4.0, 2.0),))
    alone = draw((2.0, 1.5, 0.5, 0.4, 80.0), noisy=False)
    found, images = explain_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)
    assert found == fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)
    left = (stamp.image - images.target - images.neighbours - images.sky) / stamp.sigma
    assert np.mean(left**2) == pytest.approx(1.0, abs=0.06)
    assert np.abs(images.target - alone.image).max() < 5 * stamp.sigma.max()
    assert images.neighbours.sum() == pytest.approx(30.0, rel=0.1)
    assert explain_scene(np.nan * stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)[1] is None


def test_a_psf_off_its_centre_moves_the_galaxy_not_the_radius(draw, fit):
    stamp = draw((1.5, 2.0, 0.6, 0.7, 500.0))
    straight = fit(stamp)
    stamp.psf = np.roll(stamp.psf, 1, axis=1)
    shifted = fit(stamp)
    assert shifted.ln_radius == pytest.approx(straight.ln_radius, abs=2e-3)
    assert shifted.x == pytest.approx(straight.x - PIXEL_SCALE, abs=4e-3)


def test_bad_pixels_are_left_out(draw, fit):
    stamp = draw((1.5, 2.0, 0.6, 0.7, 300.0))
    stamp.image[46:48, 50:52] = np.nan
    stamp.image[10, :] = 1e6
    stamp.sigma[10, :] = np.inf
    found = fit(stamp)
    assert found.converged
    assert found.ln_radius == pytest.approx(np.log(2.0), abs=4 * found.ln_radius_error)


@pytest.mark.parametrize(
    "spoil", ["all_nan", "zero_sigma", "empty", "noise", "constant", "negative", "nan_psf", "huge"]
)
def test_a_hopeless_stamp_is_reported_not_raised(draw, fit, spoil):
    stamp = draw((1.5, 2.0, 0.6, 0.7, 1e-3), seed=8)
    if spoil == "all_nan":
        stamp.image[:] = np.nan
    elif spoil == "zero_sigma":
        stamp.sigma[:] = 0.0
    elif spoil == "empty":
        stamp.image[:] = 0.0
    elif spoil == "constant":
        stamp.image[:] = 3.0
    elif spoil == "negative":
        stamp.image[:] = -np.abs(stamp.image) - 1.0
    elif spoil == "nan_psf":
        stamp.psf = np.full_like(stamp.psf, np.nan)
    elif spoil == "huge":
        stamp.image[48, 48] = 1e30
    found = fit(stamp)
    assert found.status
    if spoil in ("all_nan", "zero_sigma", "nan_psf"):
        assert np.isnan(found.ln_radius)
    assert not (found.converged and spoil != "constant")


def test_the_same_stamp_gives_the_same_bytes(draw, fit):
    stamp = draw((2.0, 1.5, 0.5, 0.4, 80.0), neighbours=(Star(30.0, 4.0, 2.0),))
    assert asdict(fit(stamp)) == asdict(fit(stamp))


@pytest.mark.parametrize("size", [32, 64, 128])
def test_stamps_of_other_sizes(draw, beliefs, size):
    stamp = draw((1.0, 1.5, 0.6, 0.7, 100.0), noisy=False)
    middle = slice(48 - min(size, 96) // 2, 48 + min(size, 96) // 2)
    image, sigma = stamp.image[middle, middle], stamp.sigma[middle, middle]
    if size > 96:
        image, sigma = np.pad(image, 16), np.pad(sigma, 16, mode="edge")
    found = fit_scene(image, sigma, stamp.psf, beliefs=beliefs)
    assert found.ln_radius == pytest.approx(np.log(1.5), abs=0.02)


def test_neighbours_beyond_the_most_are_masked(draw, beliefs):
    few = replace(beliefs, priors=beliefs.priors.changed(neighbours=0))
    stamp = draw((1.0, 1.5, 0.6, 0.7, 100.0), neighbours=(Star(30.0, 6.0, 2.0),))
    found = fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=few)
    assert found.neighbours == 0
    assert found.ln_radius == pytest.approx(np.log(1.5), abs=4 * found.ln_radius_error)


@pytest.mark.parametrize("index", [3911, 8080, 10500])
def test_the_narrow_valleys_of_bright_galaxies_end_in_a_minimum(beliefs, index):
    settings = params.read("radius.simulate")
    _, image, sigma, psf = simulate_stamp(
        index,
        seed=settings.seed,
        stamp_size=settings.stamp_size,
        psf_size=settings.psf_size,
        population=settings.population_of("camera"),
    )
    found = fit_scene(image[..., 0], sigma[..., 0], psf[..., 0], beliefs=beliefs)
    assert found.status == "ok"
