"""Models of a target: their images against GalSim, their derivatives against differences."""

import numpy as np
import pytest

from halflight.classical.scene.drawing import Drawing
from halflight.classical.scene.models import BulgeDisc, SingleSersic
from halflight.half_light import Component, half_light_ellipse
from halflight.instrument import PIXEL_SCALE

from ..conftest import SIZE

ONE = np.array([47.9, 46.8, np.log(4.0), 0.3, -0.2, np.log(2.3), np.log(50.0)])
TWO = np.array([47.9, 46.8, 4.0, -0.4, np.log(6.0), 0.5, -0.3, np.log(0.3), np.log(2.5), 0.2, 0.1])
MODELS = [(SingleSersic(), ONE), (BulgeDisc(), TWO)]
NAMES = [model.name for model, _ in MODELS]


def image(model, p, psf, weight=None):
    columns = np.empty((model.count, SIZE, SIZE), np.float32)
    model.draw(columns, p, Drawing(psf, SIZE), np.ones((SIZE, SIZE), np.float32))
    return columns, columns[model.image].astype(np.float64)


def components(model, p):
    """What GalSim draws of a model's profiles, lengths in arcsec."""
    profiles = model.profiles(p) if isinstance(model, BulgeDisc) else (p,)
    return [
        (
            np.exp(v[5]),
            np.exp(v[2] + np.hypot(v[3], v[4]) / 2) * PIXEL_SCALE,
            np.exp(-np.hypot(v[3], v[4])),
            np.arctan2(v[4], v[3]) / 2,
            np.exp(v[6]),
        )
        for v in profiles
    ]


@pytest.mark.parametrize(("model", "p"), MODELS, ids=NAMES)
def test_the_image_is_galsims(draw, psf, model, p):
    middle = SIZE / 2 - 0.5
    x, y = ((at - middle) * PIXEL_SCALE for at in p[:2])
    expected = draw(*components(model, p), x=x, y=y, noisy=False).image
    np.testing.assert_allclose(image(model, p, psf)[1], expected, atol=1e-3 * expected.max())


@pytest.mark.parametrize(("model", "p"), MODELS, ids=NAMES)
def test_the_columns_are_the_derivatives_of_the_image(psf, model, p):
    columns, _ = image(model, p, psf)
    for number, name in enumerate(model.parameters):
        step = np.zeros(model.count)
        step[number] = 2e-3
        high, low = image(model, p + step, psf)[1], image(model, p - step, psf)[1]
        expected = (high - low) / 4e-3
        apart = np.abs(columns[number] - expected).max() / np.abs(expected).max()
        # The periodic wings' own derivatives are left out; by place they are differences of pixels,
        # which fall short at a cusp.
        assert apart < (0.02 if name in ("x", "y") else 4e-3), name


def test_half_light_and_its_gradient():
    model = BulgeDisc()
    shape, gradient = model.half_light(TWO)
    ellipse = half_light_ellipse([Component(*c) for c in components(model, TWO)])
    shear = np.hypot(shape[1], shape[2])
    assert np.exp(shape[0] + shear / 2) * PIXEL_SCALE == pytest.approx(ellipse.semi_major, rel=1e-6)
    assert np.exp(-shear) == pytest.approx(ellipse.axis_ratio, rel=1e-6)
    for number, name in enumerate(model.parameters):
        step = np.zeros(model.count)
        step[number] = 1e-4
        expected = (model.half_light(TWO + step)[0] - model.half_light(TWO - step)[0]) / 2e-4
        np.testing.assert_allclose(gradient[:, number], expected, atol=2e-5, err_msg=name)


def test_a_single_profile_is_its_own_ellipse():
    shape, gradient = SingleSersic().half_light(ONE)
    np.testing.assert_array_equal(shape, ONE[2:5])
    np.testing.assert_array_equal(gradient @ np.arange(7.0), [2.0, 3.0, 4.0])


@pytest.mark.parametrize(("model", "p"), MODELS, ids=NAMES)
def test_every_parameter_has_limits_and_a_longest_step(model, p):
    low, high = np.array(model.limits(SIZE)).T
    assert len(low) == len(model.steps) == model.count == len(p)
    assert (low < p).all()
    assert (p < high).all()
