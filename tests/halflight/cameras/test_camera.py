"""What an image says of its camera, and the galaxies that are simulated for it."""

from dataclasses import replace

import numpy as np
import pytest

from halflight import images, params
from halflight.cameras import Camera, camera_of, simulate, simulate_one
from halflight.cameras.population import GALAXIES, Units, population_of
from halflight.images.analytic import gaussian, moffat
from halflight.instrument import SDSS
from halflight.measuring import targets_of_image
from halflight.measuring.run import NOISE_MAGNITUDE
from halflight.psf import psf_half_light_radius
from tests.halflight.cameras.conftest import GAIN, NOISE, SCALE, ZERO_POINT

OURS = Camera(
    replace(SDSS.with_bands("r"), unit="count", pixel_scale=SCALE, zero_point=ZERO_POINT),
    np.stack([moffat(6.0, 3.0, 41), gaussian(4.0, 41)]),
    np.array([2.0, 4.0]),
    0.5,
    np.array([1, 2]),
)


def seen(asked, **changes):
    said = asked | changes
    image, catalogue, psf = (said.pop(name) for name in ("image", "catalogue", "psf"))
    settings = images.Options(**said)
    return targets_of_image(images.open_field(image, settings), catalogue, psf, settings)


def test_an_image_tells_its_psf_noise_and_photons(asked):
    camera = camera_of(seen(asked))
    assert len(camera) == 16
    assert (camera.binning == 1).all()
    np.testing.assert_allclose(camera.noise, NOISE, rtol=0.05)
    assert camera.photons == pytest.approx(1 / GAIN, rel=0.15)
    np.testing.assert_allclose(camera.psf_radii(), psf_half_light_radius(camera.psfs[0], 1.0))
    assert camera.instrument.zero_point == ZERO_POINT
    assert "16 PSFs" in camera.describe()


def test_a_noise_map_without_photons_has_none(asked, odd):
    flat = seen(asked, rms=None, weight=None)
    camera = camera_of(flat)
    assert camera.photons == 0.0
    assert "no photons" in camera.describe()
    with_gain = camera_of(seen(asked, rms=None, gain=GAIN))
    assert with_gain.photons == pytest.approx(1 / GAIN, rel=0.15)


def test_without_a_zero_point_it_is_as_deep_as_sdss(asked):
    camera = camera_of(seen(asked, zero_point=None))
    depth = camera.instrument.zero_point - 2.5 * np.log10(np.median(camera.noise))
    assert depth == pytest.approx(NOISE_MAGNITUDE, abs=0.01)


def test_an_image_that_tells_nothing_is_named(asked):
    targets = seen(asked)
    lost = replace(targets, flags=np.full(len(targets.sources), 8, np.int64))
    with pytest.raises(ValueError, match=r"image\.fits: no source of 16 has a stamp with half"):
        camera_of(lost)


def test_the_galaxies_are_those_of_the_packaged_model(root):
    assert params.load(root / "params.yaml").radius.simulate.population_of("camera") == GALAXIES


def test_sdss_is_asked_for_nothing_else():
    """For SDSS's own pixels and noise, and a usual PSF, what is drawn is what was drawn."""
    noise = 10 ** (0.4 * (22.5 - NOISE_MAGNITUDE))
    asked = population_of(Units(SDSS.with_bands("r"), noise), 1.5)
    for name, value in dict(GALAXIES).items():
        assert getattr(asked, name) == pytest.approx(value), name


def test_the_sky_has_one_relation_of_size_and_magnitude_for_any_camera():
    units = Units(replace(SDSS.with_bands("r"), pixel_scale=0.06, zero_point=26.0), 0.01)
    asked = population_of(units, 1.5)

    def radius(population, magnitude):
        slope = population.size_slope * (magnitude - population.size_pivot)
        return 10 ** (population.size_intercept + slope)

    drawn = 18.0
    true = drawn + units.fainter
    assert radius(asked, drawn) * units.length == pytest.approx(radius(GALAXIES, true))


def test_truths_are_those_of_the_pixels():
    """A galaxy's light and size, told by its truth, are in its stamp."""
    for index in range(40):
        row, image, sigma, psf = simulate_one(OURS, index, seed=2, size=64)
        camera = OURS.of_binning(row["binning"])
        pixels = row["half_light_radius"] / camera.pixel_scale
        assert 0.5 <= pixels <= 30.5
        assert psf.sum() == pytest.approx(1, abs=1e-5)
        assert psf_half_light_radius(psf, 1.0) == pytest.approx(row["psf_half_light_radius"])
        noise = OURS.noise[0 if row["binning"] == 1 else 1]
        expected = np.sqrt(noise**2 + OURS.photons * np.maximum(image, 0))
        np.testing.assert_allclose(sigma, expected, rtol=1e-4)
        if pixels < 4 and row["psf_half_light_radius"] < 6:
            y, x = np.mgrid[:64, :64] - 31.5
            near = np.hypot(x - row["x"], y - row["y"]) < 3 * (pixels + 4)
            light = 10 ** (0.4 * (camera.zero_point - row["magnitude"]))
            error = np.sqrt((sigma[near] ** 2).sum())
            assert image[near].sum() > 0.6 * light - 5 * error


def test_the_same_galaxies_for_any_number_asked_and_spread_psfs():
    one, two = (list(simulate(OURS, n, seed=3, size=32)) for n in (30, 45))
    for first, second in zip(one[0], two[0], strict=True):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second))
    sizes = np.concatenate([block[0]["psf_half_light_radius"] for block in two])
    assert sizes.std() > 0.05 * sizes.mean()
    assert len(two) == 3
