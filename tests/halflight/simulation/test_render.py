"""Rendering: positions, accuracy against GalSim at its strictest, frames, and refusal by name."""

import galsim
import numpy as np
import pytest

from halflight.instrument import PIXEL_SCALE, Exposure
from halflight.simulation import (
    Component,
    Galaxy,
    Psf,
    RenderError,
    Scene,
    Star,
    draw_scene,
    render_field,
    render_objects,
    render_scene,
)
from halflight.simulation.profiles import WIDE_GSPARAMS, galaxy_gsparams
from halflight.simulation.render import (
    PSF_CELL_PIXELS,
    SURFACE_BRIGHTNESS_FLOOR,
    light_radius,
    pixel_position,
    seen_profile,
)

STRICT = galsim.GSParams(
    folding_threshold=1e-3, maxk_threshold=5e-5, kvalue_accuracy=1e-6, maximum_fft_size=8192
)
PSF = Psf("double_gaussian", 1.32, 0.02, 0.01)
EXPOSURE = Exposure(nmgy_per_count=0.005, sky=150.0, gain=4.7, dark_variance=1.0)


def one_psf(x, y):
    """The same PSF everywhere."""
    return PSF


def strict_image(item, psf, shape):
    """The same object by GalSim alone, over the whole image, with strict parameters."""
    image = galsim.ImageD(shape[1], shape[0], xmin=0, ymin=0)
    profile = seen_profile(item, psf, STRICT)
    profile.drawImage(image=image, scale=PIXEL_SCALE, center=pixel_position(item, shape))
    return image.array


def test_error_against_strict_parameters(population):
    """At most 1e-4 of the peak, and a twentieth of the pixel's noise, over the population."""
    drawn = wide = 0
    for index in range(250):
        rng = np.random.Generator(np.random.Philox(key=[3, index]))
        scene = draw_scene(population, rng, stamp_size=96)
        widest = max(c.half_light_radius * c.sersic_n for c in scene.target.components)
        if (index >= 50 and widest < 15) or widest > 22:
            continue  # few of the common ones; the very widest take seconds each when strict
        fast = render_objects(96, (scene.target,), scene.psf, whole=True)
        exact = strict_image(scene.target, scene.psf, (96, 96))
        error = np.abs(fast - exact)
        assert error.max() <= 1e-4 * exact.max(), scene.target
        assert (error / scene.exposure.sigma(exact)).max() <= 0.05, scene.target
        drawn += 1
        wide += galaxy_gsparams(scene.target) is WIDE_GSPARAMS
    assert drawn > 50
    assert wide >= 3


@pytest.mark.parametrize(
    "item", [Star(100.0, 1.7, -2.3), Galaxy((Component(1.0, 1.5, 0.5, 0.3, 100.0),), 1.7, -2.3)]
)
def test_centroid_and_flux(item):
    image = render_objects(96, (item,), PSF, whole=True).astype(np.float64)
    offset = (np.arange(96) - 47.5) * PIXEL_SCALE
    assert image.sum() == pytest.approx(100.0, rel=2e-3)
    assert (image.sum(axis=0) * offset).sum() / image.sum() == pytest.approx(1.7, abs=0.01)
    assert (image.sum(axis=1) * offset).sum() / image.sum() == pytest.approx(-2.3, abs=0.01)


def test_a_stamps_centre_lies_between_the_four_middle_pixels():
    image = render_objects(96, (Star(10.0, 0.0, 0.0),), Psf("moffat", 1.3), whole=True)
    np.testing.assert_allclose(image, image[::-1, ::-1], atol=1e-6)
    assert image[47, 47] == image.max()


def test_scene_is_the_sum_of_its_parts():
    target = Galaxy((Component(2.0, 1.0, 0.7, 0.1, 30.0),), 0.1, 0.2)
    neighbours = (Star(20.0, 9.0, -5.0), Galaxy((Component(1.0, 1.0, 0.5, 2.0, 9.0),), -8.0, 3.0))
    scene = Scene(target, neighbours, PSF, EXPOSURE, 0.01, (2e-4, -1e-4))
    image = render_scene(scene, 64)
    assert image.dtype == np.float32
    expected = sum(strict_image(item, PSF, (64, 64)) for item in (target, *neighbours))
    offset = np.arange(64) - 31.5
    expected = expected + 0.01 + 2e-4 * offset[None, :] - 1e-4 * offset[:, None]
    assert np.abs(image - expected).max() < 3 * SURFACE_BRIGHTNESS_FLOOR


@pytest.mark.parametrize("psf", [PSF, Psf("moffat", 1.5, 0.04, 0.0, beta=2.5)])
@pytest.mark.parametrize(
    "item",
    [
        Star(1000.0, 3.0, 4.0),
        Star(0.5, -3.0, 4.0),
        Galaxy((Component(1.0, 3.0, 0.3, 0.5, 400.0),), -4.0, 6.0),
        Galaxy((Component(4.0, 1.0, 0.8, 0.5, 50.0), Component(1.0, 2.0, 0.4, 0.5, 60.0)), 0, 0),
    ],
)
def test_light_outside_the_box_is_below_the_floor(item, psf):
    image = strict_image(item, psf, (401, 401))
    x, y = pixel_position(item, (401, 401))
    index = np.arange(401)
    distance = np.hypot(index[None, :] - x, index[:, None] - y) * PIXEL_SCALE
    outside = distance > light_radius(item, psf, SURFACE_BRIGHTNESS_FLOOR)
    assert outside.any()
    assert image[outside].max() < SURFACE_BRIGHTNESS_FLOOR


def test_field_equals_each_object_drawn_over_the_whole_frame():
    rng = np.random.default_rng(5)
    shape = (200, 300)
    objects = []
    for index in range(12):
        x, y = rng.uniform(-65, 65), rng.uniform(-45, 45)
        flux = 10 ** rng.uniform(0, 2.5)
        if index % 2:
            objects.append(Star(flux, x, y))
        else:
            component = Component(1.5, rng.uniform(0.5, 3), rng.uniform(0.3, 1), x % 3.1, flux)
            objects.append(Galaxy((component,), x, y))
    asked = []

    def psf_at(x, y):
        asked.append((x, y))
        return PSF

    image = render_field(shape, objects, psf_at)
    assert image.shape == shape
    assert image.dtype == np.float32
    expected = sum(strict_image(item, PSF, shape) for item in objects)
    assert np.abs(image - expected).max() < max(1e-4 * expected.max(), 3e-3)
    assert len(asked) == len(set(asked)) <= 4 * 4
    for x, y in asked:
        assert (x + 0.5) % PSF_CELL_PIXELS == (y + 0.5) % PSF_CELL_PIXELS == PSF_CELL_PIXELS / 2


def test_psf_varies_over_a_field():
    left, right = Star(100.0, -40.0, 0.0), Star(100.0, 40.0, 0.0)

    def psf_at(x, y):
        return Psf("double_gaussian", 1.0 if x < 128 else 1.8)

    image = render_field((64, 256), (left, right), psf_at)
    assert image[:, :128].max() > 2 * image[:, 128:].max()


def test_objects_beyond_the_edge():
    near = Star(1000.0, 32 * PIXEL_SCALE + 1.0, 0.0)
    far = Star(1.0, 500.0, 0.0)
    image = render_field((64, 64), (near, far), one_psf)
    assert image[:, -1].max() > 1.0
    assert image[:, 0].max() == 0.0
    np.testing.assert_array_equal(image, render_field((64, 64), (near,), one_psf))


def test_an_oversized_fft_is_refused_by_name():
    giant = Galaxy((Component(6.0, 400.0, 0.9, 0.0, 1e9),), 0.0, 0.0)
    with pytest.raises(RenderError, match=r"half_light_radius=400\.0.* needs an FFT of \d+ pixels"):
        render_objects(96, (giant,), PSF, whole=True)
    with pytest.raises(RenderError, match="above the limit of 8192"):
        render_field((96, 96), (giant,), one_psf)
