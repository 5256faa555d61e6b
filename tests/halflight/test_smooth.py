"""Smooth: sums of Gaussians behind a PSF are drawn exactly, explained exactly, and found again."""

import numpy as np
import pytest

from halflight import smooth
from halflight.smooth import SCALES, Shape, explained, fitted, places, profiles, waves_of
from tests.bands import gaussian

WINDOW, WIDTH = 32, 1.6


@pytest.fixture
def waves():
    psf = gaussian(25, WIDTH).astype(np.float32)
    return waves_of(psf[None, None], WINDOW)


def shape(x=0.0, y=0.0, xx=4.0, xy=0.0, yy=4.0):
    return Shape(*(np.array([each], np.float32) for each in (x, y, xx, xy, yy)))


def drawn(x, y, xx, xy, yy):
    """An elliptical Gaussian of the sum 1, its variances and the PSF's together."""
    at = np.arange(WINDOW) - (WINDOW - 1) / 2
    column, row = np.meshgrid(at - x, at - y)
    inverse = np.linalg.inv([[xx + WIDTH**2, xy], [xy, yy + WIDTH**2]])
    squares = inverse[0, 0] * column**2 + 2 * inverse[0, 1] * column * row + inverse[1, 1] * row**2
    return np.exp(-0.5 * squares) * np.sqrt(np.linalg.det(inverse)) / (2 * np.pi)


def test_profiles_are_the_gaussians_that_they_say(waves):
    found = profiles(waves, shape(0.3, -1.2, 5.0, 1.5, 3.0))
    assert found.shape == (1, 1, len(SCALES), WINDOW, WINDOW)
    for number, scale in enumerate(SCALES):
        expected = drawn(0.3, -1.2, 5.0 * scale, 1.5 * scale, 3.0 * scale)
        np.testing.assert_allclose(found[0, 0, number], expected, atol=4e-4 * expected.max())


def test_derivatives_by_place_are_differences(waves):
    fluxes = np.array([[[1.0, 2.0, 0.5, 0.0]]], np.float32)
    step = 0.05

    def light(x, y):
        return np.einsum("k,kij->ij", fluxes[0, 0], profiles(waves, shape(x, y))[0, 0])

    [[by_x, by_y]] = places(waves, shape(0.2, 0.1), fluxes)[0]
    for found, low, high in (
        (by_x, light(0.2 - step, 0.1), light(0.2 + step, 0.1)),
        (by_y, light(0.2, 0.1 - step), light(0.2, 0.1 + step)),
    ):
        expected = (high - low) / (2 * step)
        np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


def test_fluxes_are_the_least_squares_that_may_not_be_negative(waves):
    from scipy.optimize import nnls

    rng = np.random.default_rng(0)
    pictures = profiles(waves, shape())[:, 0]
    for _ in range(5):
        weight = rng.uniform(0.5, 2.0, (1, WINDOW, WINDOW)).astype(np.float32)
        pixels = (30 * pictures[:, 2] + rng.normal(0, 0.3, (1, WINDOW, WINDOW))).astype(np.float32)
        found = explained(pictures, pixels, weight)
        root = np.sqrt(weight.ravel())[:, None]
        design = np.column_stack([*pictures[0].reshape(4, -1), np.ones(WINDOW**2)])
        # A sky of either sign is the difference of two that are not negative.
        exact, _ = nnls(np.hstack([design, -design[:, -1:]]) * root, pixels.ravel() * root[:, 0])
        model = design @ [*exact[:4], exact[4] - exact[5]]
        assert (found.fluxes >= 0).all()
        np.testing.assert_allclose(found.model.ravel(), model, atol=0.01)
        assert (found.light <= found.model.max() + 1).all()


@pytest.mark.parametrize(
    "true", [(0.4, -0.6, 6.0, 2.0, 3.0), (-1.5, 1.0, 1.0, 0.0, 1.0), (0.0, 0.3, 20.0, -9.0, 8.0)]
)
def test_a_shape_is_found_again(waves, true):
    rng = np.random.default_rng(1)
    image = 500 * drawn(*true) + rng.normal(0, 0.05, (WINDOW, WINDOW))
    pixels = image[None].astype(np.float32)
    weight = np.full_like(pixels, 1 / 0.05**2)
    found = fitted(pixels, weight, waves[:, 0])
    assert found.x[0] == pytest.approx(true[0], abs=0.05)
    assert found.y[0] == pytest.approx(true[1], abs=0.05)
    # Of a sum that holds several sizes the shape is known up to its size.
    axis = (found.xx[0] - found.yy[0]) / (found.xx[0] + found.yy[0])
    assert axis == pytest.approx((true[2] - true[4]) / (true[2] + true[4]), abs=0.1)


def test_what_cannot_be_a_shape_becomes_the_nearest_that_can():
    kept = shape(9.0, -9.0, -1.0, 5.0, 1e9).kept_within()
    assert (kept.x[0], kept.y[0]) == (smooth.FURTHEST, -smooth.FURTHEST)
    assert kept.xx[0] > 0
    assert kept.xx[0] * kept.yy[0] > kept.xy[0] ** 2
