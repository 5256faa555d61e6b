"""Data quality: every way in which a stamp's pixels or its PSF speak against a measurement."""

import numpy as np
import pytest

from halflight.quality import FLAGS, names_of, pixel_flags, psf_flags, source_flags

SIZE = 96


def gaussian(size, width, x=0.0, y=0.0):
    offset = np.arange(size) - (size / 2 - 0.5)
    image = np.exp(-0.5 * ((offset - x) ** 2 + (offset[:, None] - y) ** 2) / width**2)
    return image / image.sum()


@pytest.fixture
def stamp():
    """A galaxy of 50 sigma on a noisy sky, in two bands: image and sigma, each (1, S, S, 2)."""
    rng = np.random.Generator(np.random.Philox(key=[3, 0]))
    sigma = np.full((1, SIZE, SIZE, 2), 0.03, np.float32)
    flux = 50 * 0.03 * np.sqrt(4 * np.pi) * 3.0  # of a Gaussian of 3 pixels, optimally weighed
    light = flux * gaussian(SIZE, 3.0)[None, ..., None]
    return (light + rng.normal(0, 0.03, sigma.shape)).astype(np.float32), sigma


def flags(image, sigma):
    return names_of(int(pixel_flags(image, sigma)[0]))


def test_an_honest_stamp_has_no_flag(stamp):
    assert flags(*stamp) == []


@pytest.mark.parametrize("sky", [-10.0, -1.0, 1.0, 10.0, 3e4])
def test_a_sky_that_was_not_subtracted(stamp, sky):
    image, sigma = stamp
    one = image + np.float32(sky * 0.03) * np.array([0, 1], np.float32)
    assert "sky_not_zero" in flags(one, sigma)


def test_a_target_larger_than_the_stamp(stamp):
    _, sigma = stamp
    assert "sky_not_zero" in flags(
        3e4 * 0.03 * gaussian(SIZE, 60.0)[None, ..., None] + 0 * sigma, sigma
    )


@pytest.mark.parametrize("times", [0.1, 0.5, 2.0, 100.0])
def test_a_noise_unlike_its_sigma(stamp, times):
    image, sigma = stamp
    assert "noise_unlike_sigma" in flags(image, sigma * np.float32(times))


def test_neighbours_in_two_corners_are_no_fault(stamp):
    image, sigma = stamp
    for place in (-40, 40):
        image = image + 500 * 0.03 * SIZE * gaussian(SIZE, 4.0, place, -40)[None, ..., None]
    assert flags(image, sigma) == []


def test_a_blank_stamp_is_not_significant(stamp):
    image, sigma = stamp
    rng = np.random.Generator(np.random.Philox(key=[3, 1]))
    noise = rng.normal(0, 0.03, image.shape)
    assert flags(noise, sigma) == ["not_significant"]
    assert "not_significant" in flags(0 * image, sigma)
    assert "not_significant" in flags(np.roll(image - noise, 40, axis=1) + noise, sigma)


def test_a_clipped_core_is_saturated_in_any_band(stamp):
    image, sigma = stamp
    bright = image + np.float32(2e3) * gaussian(SIZE, 3.0)[None, ..., None].astype(np.float32)
    assert flags(bright, sigma) == []
    for share in (0.95, 0.5, 0.05):
        clipped = bright.copy()
        clipped[..., 1] = np.minimum(clipped[..., 1], share * bright[..., 1].max())
        assert flags(clipped, sigma) == ["saturated"], share
    assert flags(np.minimum(image, np.float32(0.15)), sigma) == ["saturated"]  # at 5 sigma


def test_a_plateau_of_three_pixels_is_no_chance(stamp):
    image, sigma = stamp
    bright = image + np.float32(20.0) * gaussian(SIZE, 1.2)[None, ..., None].astype(np.float32)
    ranked = np.sort(bright[0, ..., 0], axis=None)
    for count, expected in ((1, []), (2, []), (3, ["saturated"]), (9, ["saturated"])):
        assert flags(np.minimum(bright, ranked[-count])[..., :1], sigma[..., :1]) == expected


@pytest.mark.parametrize("step", [0.01, 0.05, 0.2, 0.5, 1.0, 2.0])
def test_counts_that_meet_by_chance_are_no_plateau_and_clipped_ones_are(step):
    """Honest and clipped galaxies, sharp and flat, faint and bright, in steps of so many sigma."""
    rng = np.random.Generator(np.random.Philox(key=[3, 5]))
    widths, heights = np.exp(rng.uniform(-0.2, 3.0, 200)), 10 ** rng.uniform(0.3, 3.0, 200)
    shapes = [gaussian(64, width, *rng.uniform(-0.5, 0.5, 2)) for width in widths]
    light = np.array([h * shape / shape.max() for h, shape in zip(heights, shapes, strict=True)])
    light = np.rint((light + rng.normal(size=light.shape)) / step)[..., None] * step
    sigma = np.ones_like(light)
    assert not (pixel_flags(light, sigma) & FLAGS["saturated"]).any()
    bright = (heights > 50) & (widths > 1.5)
    full = np.minimum(light, np.rint(20.0 / step) * step)[bright]
    assert (pixel_flags(full, sigma[bright]) & FLAGS["saturated"] != 0).mean() > 0.9


def test_counts_of_which_a_sky_was_taken_are_no_plateau():
    """Their values lie in narrow clusters, 1 apart, and some are equal to the last digit."""
    rng = np.random.Generator(np.random.Philox(key=[3, 6]))
    counts = rng.poisson(20.0, (300, 64, 64)).astype(np.float32)
    sky = np.float32(20.0) + np.linspace(0, 0.05, 8, dtype=np.float32).repeat(8)
    image = (np.float32(0.01) * (counts - sky))[..., None]
    found = pixel_flags(image, np.full_like(image, 0.01 * np.sqrt(20.0)))
    assert not (found & FLAGS["saturated"]).any()


@pytest.mark.parametrize("value", [0.0, 1.0, 1e5, -1.0])
def test_a_constant_stamp_has_no_core_that_could_be_full(stamp, value):
    _, sigma = stamp
    assert "saturated" not in flags(np.full_like(sigma, value), sigma)


def test_a_stamp_cut_off_at_zero_is_not_saturated(stamp):
    image, sigma = stamp
    assert "saturated" not in flags(np.minimum(image, 0), sigma)


def test_values_that_float32_rounds_are_no_plateau(stamp):
    image, sigma = stamp
    assert "saturated" not in flags(image + np.float32(2e4), sigma)  # steps of 0.002, of 0.03


def test_one_band_with_a_source_will_do(stamp):
    image, sigma = stamp
    rng = np.random.Generator(np.random.Philox(key=[3, 2]))
    image[..., 1] = rng.normal(0, 0.03, (SIZE, SIZE))
    assert flags(image, sigma) == []


def test_bad_pixels_say_nothing_however_they_are_marked(stamp):
    image, sigma = stamp
    where = np.zeros(image.shape, bool)
    where[:, :40] = True
    spoilt = np.where(where, -9999.0, image)
    assert flags(spoilt, sigma) != []
    for marked in (
        (np.ma.array(spoilt, mask=where), sigma),
        (spoilt, np.ma.array(sigma, mask=where)),
        (np.where(where, np.nan, spoilt), sigma),
        (spoilt, np.where(where, np.inf, sigma)),
        (spoilt, np.where(where, 0.0, sigma)),
        (spoilt.astype(">f4"), np.where(where, -1.0, sigma).astype(">f8")),
    ):
        assert flags(*marked) == []
    assert flags(np.full_like(image, np.nan), sigma) == ["not_significant"]


def test_a_psf_that_is_centred_and_normalised_has_no_flag():
    assert psf_flags(np.stack([gaussian(51, 1.5)] * 2, -1)[None]) == [0]


@pytest.mark.parametrize(("x", "y"), [(0.5, 0.0), (0.0, -0.5), (3.0, 0.0), (-12.0, 9.0)])
def test_a_psf_off_its_centre(x, y):
    bands = np.stack([gaussian(51, 1.5), gaussian(51, 1.5, x, y)], -1)
    assert names_of(int(psf_flags(bands[None])[0])) == ["psf_off_centre"]


@pytest.mark.parametrize("times", [0.5, 0.9, 1.1, 40.0])
def test_a_psf_that_is_not_normalised(times):
    assert psf_flags(times * gaussian(51, 1.5)[None, ..., None]) == [FLAGS["psf_not_normalised"]]


def test_the_names_of_bits():
    assert len(set(FLAGS.values())) == len(FLAGS)
    assert names_of(0) == []
    assert names_of(sum(FLAGS.values())) == list(FLAGS)


def test_pixels_beyond_float32_are_bad_ones(stamp):
    image, sigma = stamp
    image, sigma = image.astype(np.float64), sigma.astype(np.float64)
    image[0, 3, 3], sigma[0, 5, 5], image[0, 7, 7] = 1e300, 1e-44, -3e38
    assert flags(image, sigma) == []


def bright_star(side=24, flux=(400.0, 3000.0, 3000.0), scatter=1e-3):
    """A star of thousands of sigma, its peaks in the same place in three bands."""
    shape = gaussian(side, 1.6, 0.3, -0.2)[..., None] * np.array(flux)
    rng = np.random.Generator(np.random.Philox(key=[7, 0]))
    sigma = np.full((1, side, side, 3), 0.03, np.float32)
    image = shape[np.newaxis] + rng.normal(0, 0.03, sigma.shape)
    return image.astype(np.float32), np.hypot(sigma, scatter * image).astype(np.float32)


def filled_in(image, band, *, least):
    """The band with its full pixels as SDSS fills them in: along rows, of what lies beside them."""
    found = image.copy()
    for row in found[0, ..., band]:
        full = np.flatnonzero(row > least)
        if len(full):
            edges = [full[0] - 1, full[-1] + 1]
            row[full] = np.interp(full, edges, 0.5 * row[edges])
    return found


def test_a_core_that_was_filled_in_is_saturated_in_any_band():
    image, sigma = bright_star()
    assert source_flags(image, sigma)[0] & FLAGS["saturated"] == 0
    for band in (1, 2):
        hollow = filled_in(image, band, least=60.0)
        assert source_flags(hollow, sigma)[0] & FLAGS["saturated"], band
    faint = image * np.float32(0.01)
    assert source_flags(filled_in(faint, 1, least=0.6), sigma)[0] & FLAGS["saturated"] == 0


@pytest.mark.parametrize("apart", [0.5, 2.0, 4.0])
def test_two_bright_stars_of_one_colour_are_not_saturated(apart):
    image, sigma = bright_star()
    other = np.roll(image, (0, round(apart)), axis=(1, 2)) * np.float32(0.8)
    assert source_flags(image + other, sigma)[0] & FLAGS["saturated"] == 0


def test_of_one_band_alone_no_hollow_is_told():
    image, sigma = bright_star()
    hollow = filled_in(image, 1, least=60.0)
    assert source_flags(hollow[..., 1:2], sigma[..., 1:2])[0] & FLAGS["saturated"] == 0
