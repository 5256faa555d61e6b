import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from halflight.sandbox.observing import x_places, y_places
from halflight.sandbox.synthetic import SyntheticSky


def test_the_sky_grid_is_read_as_the_data_model_says(synthetic_sky: SyntheticSky) -> None:
    calibration = synthetic_sky.calibrations(synthetic_sky.fields[0])["r"]
    x, y = np.meshgrid(x_places(), y_places())
    grid = calibration.all_sky.astype(float)
    expected = map_coordinates(grid, [y, x], order=1, mode="nearest")
    np.testing.assert_allclose(calibration.sky_image(), expected, rtol=2e-7)


def test_the_sky_grids_places_are_those_of_real_frames() -> None:
    np.testing.assert_allclose(x_places()[[0, 1, -1]], [-0.4375, -0.3125, 255.4375])
    np.testing.assert_allclose(y_places()[[0, 1, -1]], [0.5625, 0.6875, 186.5625])


def test_calibration_is_of_the_bands_size(synthetic_sky: SyntheticSky) -> None:
    calibrations = synthetic_sky.calibrations(synthetic_sky.fields[0])
    assert calibrations["r"].gain == 4.725
    assert calibrations["r"].dark_variance == 0.81
    for band, expected in (("r", 147), ("u", 24.0), ("z", 126)):
        assert calibrations[band].sky == pytest.approx(expected, rel=0.35)
    mean = calibrations["r"].nmgy_per_count
    np.testing.assert_allclose(calibrations["r"].columns, mean, rtol=0.003)
    assert calibrations["r"].columns.std() > 0


def test_the_psf_varies_smoothly(synthetic_sky: SyntheticSky) -> None:
    psf = synthetic_sky.psfs(synthetic_sky.fields[0])["r"]
    widths = [psf.at(x, 744).width for x in np.linspace(0, 2047, 33)]
    assert 0.001 < np.ptp(np.log(widths)) < 0.3
    assert np.abs(np.diff(np.log(widths))).max() < 0.02
    assert psf.centre == psf.at(1023.5, 744)


def test_the_psf_of_a_strip_is_alike_and_of_its_seed(synthetic_sky: SyntheticSky) -> None:
    first, second = (synthetic_sky.psfs(key)["r"] for key in synthetic_sky.fields)
    assert first.shape == second.shape
    assert first.centre != second.centre
    assert first.centre.width == pytest.approx(second.centre.width, rel=0.2)
    again = synthetic_sky.psfs(synthetic_sky.fields[0])["r"]
    np.testing.assert_array_equal(first.terms, again.terms)
