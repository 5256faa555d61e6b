"""The same galaxies as other cameras and other files have them: their light is where it is said."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from halflight import params
from halflight.images import Options, open_field
from halflight.instrument import Exposure
from halflight.simulation import Psf
from halflight.trials.varied import UNITS, Camera, galaxies, mirrored, quarter_turned, seen, write

EXPOSURE = Exposure(nmgy_per_count=0.005, sky=120.0, gain=4.7, dark_variance=1.1)
PSF = Psf("moffat", 1.3, e1=0.1, e2=0.05, beta=3.5)
CAMERAS = [Camera(0.396, PSF), Camera(0.396, PSF, 30.0), Camera(0.2, PSF)]


@pytest.fixture(scope="module")
def truths(root):
    population = params.read("radius.simulate", path=root / "params.yaml").population
    bright = population.changed(magnitude=[15.0, 15.5], radius=[0.8, 1.2], sersic_n=[1.0, 1.5])
    return galaxies([7, 9, 12], seed=3, population=bright)


@pytest.fixture(scope="module")
def views(truths):
    def view(camera):
        rng = np.random.default_rng(1)
        return seen(truths, camera, EXPOSURE, columns=2, separation=24.0, rng=rng)

    return [view(camera) for camera in CAMERAS]


def moments(view, number):
    """Centroid in pixels, and second moments, of a galaxy's light within 3 arcsec."""
    step = np.sqrt(abs(np.linalg.det(view.to_sky))) * 3600
    y, x = np.indices(view.image.shape)
    near = np.hypot(x - view.x[number], y - view.y[number]) < 3.0 / step
    light = view.image[near].astype(float) / view.image[near].sum()
    middle = np.array([(light * x[near]).sum(), (light * y[near]).sum()])
    off = np.stack([x[near], y[near]]) - middle[:, None]
    return middle, (light * off) @ off.T


def test_galaxies_lie_where_it_is_said_with_their_light(truths, views):
    for view in views:
        assert view.image.sum() / truths["flux"].sum() == pytest.approx(1, abs=0.03)
        for number in range(len(truths)):
            middle, _ = moments(view, number)
            assert middle == pytest.approx([view.x[number], view.y[number]], abs=0.2)
    plain, _, fine = views
    ratio = np.median(fine.sigma) / np.median(plain.sigma)
    assert ratio == pytest.approx(0.2 / 0.396, rel=0.01)  # as many photons of each arcsec


def test_what_is_turned_or_mirrored_has_the_same_shape_on_the_sky(truths, views):
    plain, turned, _ = views
    # A round PSF: the elongated one of a camera does not turn with the sky.
    ways = [plain, mirrored(plain), quarter_turned(plain), mirrored(quarter_turned(plain))]
    for number in range(len(truths)):
        shapes = []
        for view in ways:
            middle, second = moments(view, number)
            assert middle == pytest.approx([view.x[number], view.y[number]], abs=0.2)
            shapes.append(view.to_sky @ second @ view.to_sky.T)
        for shape in shapes[1:]:
            np.testing.assert_allclose(shape, shapes[0], rtol=1e-6, atol=1e-14)
    assert ways[2].image.shape == plain.image.shape[::-1]
    assert not np.allclose(mirrored(plain).psf, plain.psf, atol=1e-5)
    turn = np.linalg.inv(plain.to_sky) @ turned.to_sky
    assert np.degrees(np.arctan2(turn[0, 1], turn[0, 0])) == pytest.approx(30.0)


@pytest.mark.parametrize("unit", UNITS)
def test_files_in_any_unit_are_read_as_the_same_light(truths, views, tmp_path, unit):
    image, told = write(tmp_path, views[0], unit=unit)
    field = open_field(image, Options(rms=told["rms"], zero_point=told.get("zero_point")))
    pixels = field.read(slice(None), slice(None))
    in_nmgy = 10 ** (0.4 * (22.5 - field.zero_point))
    np.testing.assert_allclose(pixels.image * in_nmgy, views[0].image, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(pixels.sigma * in_nmgy, views[0].sigma, rtol=1e-3)
    assert field.pixel_scale == pytest.approx(0.396, rel=1e-4)


def test_integers_hold_the_light_to_a_part_of_its_noise(views, tmp_path):
    view = views[0]
    write(tmp_path, view, stored="int16")
    with fits.open(tmp_path / "image.fits", do_not_scale_image_data=True) as hdus:
        assert hdus[0].header["BITPIX"] == 16
        assert hdus[0].data.dtype == np.dtype(">i2")
        assert hdus[0].header["BZERO"] != 0
    error = fits.getdata(tmp_path / "image.fits") - view.image
    assert np.abs(error).max() < np.median(view.sigma) / 16
    _, told = write(tmp_path, view, unit="count", stored="uint16")
    assert told["background"] == "global"
    with fits.open(tmp_path / "image.fits", do_not_scale_image_data=True) as hdus:
        assert (hdus[0].header["BITPIX"], hdus[0].header["BZERO"]) == (16, 32768)
    counts = fits.getdata(tmp_path / "image.fits") - EXPOSURE.sky
    assert np.abs(counts * EXPOSURE.nmgy_per_count - view.image).max() < 0.0026


def test_what_integers_cannot_hold_is_refused(views, tmp_path):
    bright = replace(views[0], image=views[0].image * np.float32(1e4))
    with pytest.raises(ValueError, match=r"int16 in steps of .* does not hold"):
        write(tmp_path, bright, stored="int16")
    with pytest.raises(ValueError, match="uint16 holds 0 to 65535 counts, not"):
        write(tmp_path, bright, unit="count", stored="uint16")
    with pytest.raises(ValueError, match="whole counts, received the unit 'uJy'"):
        write(tmp_path, views[0], unit="uJy", stored="uint16")
