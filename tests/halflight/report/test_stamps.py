"""Stamps as pictures: stretch, crop, ellipse and scale bar."""

import numpy as np
import pytest

from halflight.report.stamps import asinh_stretch, crop, mark_radius, scale_bar, show
from halflight.report.style import NIGHT, new_figure


def test_the_stretch_is_monotone_and_within_bounds():
    image = np.linspace(-1, 50, 64).reshape(8, 8)
    level = asinh_stretch(image, np.full((8, 8), 0.1))
    assert level.min() == 0
    assert level.max() == 1
    assert np.all(np.diff(level.ravel()) >= 0)


def test_the_stretch_depends_on_signal_to_noise_alone():
    rng = np.random.Generator(np.random.Philox(key=[4, 1]))
    image, sigma = rng.normal(size=(16, 16)), np.ones((16, 16))
    np.testing.assert_allclose(asinh_stretch(image, sigma), asinh_stretch(7 * image, 7 * sigma))


def test_missing_pixels_stay_missing():
    image, sigma = np.ones((4, 4)), np.ones((4, 4))
    image[0, 0], sigma[1, 1] = np.nan, np.inf
    assert np.argwhere(np.isnan(asinh_stretch(image, sigma))).tolist() == [[0, 0], [1, 1]]
    assert np.isnan(asinh_stretch(np.full((4, 4), np.nan), sigma)).all()


def test_a_sigma_of_zero_is_refused():
    with pytest.raises(ValueError, match="sigma of a stamp must be positive"):
        asinh_stretch(np.ones((4, 4)), np.zeros((4, 4)))


def test_crops_keep_the_centre():
    image = np.arange(36).reshape(6, 6)
    np.testing.assert_array_equal(crop(image, 2), [[14, 15], [20, 21]])
    assert crop(image, 99) is not None
    assert crop(image, 99).shape == (6, 6)


def test_ellipses_and_circles_have_the_stated_axes():
    axes = new_figure(2, 2).subplots()
    mark_radius(axes, 3.0, 0.5, np.pi / 2, 0.1, -0.2, "red")
    mark_radius(axes, 3.0, 0.5, np.nan, 0, 0, "red")
    ellipse, circle = axes.patches
    assert (ellipse.width, ellipse.height, ellipse.angle) == (6.0, 3.0, 90.0)
    assert ellipse.center == (0.1, -0.2)
    assert (circle.width, circle.height) == (6.0, 6.0)


def test_the_image_is_drawn_in_arcsec_with_a_bar_that_fits():
    axes = new_figure(2, 2).subplots()
    show(axes, np.ones((96, 96)), np.ones((96, 96)), NIGHT, 0.396)
    scale_bar(axes, "white")
    half = 96 * 0.396 / 2
    assert axes.get_xlim() == pytest.approx((-half, half))
    assert axes.texts[0].get_text() == "10″"
    assert np.ptp(axes.lines[0].get_xdata()) == pytest.approx(10)
