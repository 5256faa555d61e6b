"""The camera tables against SDSS's published values, and the noise of a calibrated pixel."""

import numpy as np
import pytest

from halflight.instrument import BANDS, Exposure, dark_variance, gain


def test_run_94_camcol_1_r():
    assert gain("r", 1, 94) == 4.71
    assert dark_variance("r", 1, 94) == 1.8225


@pytest.mark.parametrize(
    ("band", "camcol", "run", "expected"),
    [
        ("u", 1, 94, 1.62),
        ("u", 2, 1099, 1.595),
        ("u", 2, 1100, 1.825),
        ("g", 4, 3000, 3.995),
        ("i", 2, 3000, 6.565),
        ("z", 5, 3000, 3.48),
        ("r", 6, 94, 4.895),
    ],
)
def test_gain(band, camcol, run, expected):
    assert gain(band, camcol, run) == expected


@pytest.mark.parametrize(
    ("band", "camcol", "run", "expected"),
    [
        ("g", 1, 94, 15.6025),
        ("i", 2, 1499, 5.76),
        ("i", 2, 1500, 6.25),
        ("i", 4, 94, 6.25),
        ("i", 4, 3000, 7.5625),
        ("z", 4, 94, 9.61),
        ("z", 4, 3000, 12.6025),
        ("z", 5, 94, 1.8225),
        ("z", 5, 3000, 2.1025),
        ("u", 6, 3000, 7.0225),
    ],
)
def test_dark_variance(band, camcol, run, expected):
    assert dark_variance(band, camcol, run) == expected


def test_every_ccd_has_values():
    for band in BANDS:
        for camcol in range(1, 7):
            for run in (94, 1200, 8162):
                assert 1.4 < gain(band, camcol, run) < 6.6
                assert 0.8 < dark_variance(band, camcol, run) < 15.7


def test_unknown_ccd_is_named():
    with pytest.raises(ValueError, match="band must be one of u, g, r, i, z, got 'y'"):
        gain("y", 1, 94)
    with pytest.raises(ValueError, match=r"camcol must be within 1\.\.6, got 7"):
        dark_variance("r", 7, 94)


def test_sigma_by_hand():
    exposure = Exposure(nmgy_per_count=0.005, sky=150.0, gain=4.71, dark_variance=1.8225)
    image = np.array([[0.0, 1.0], [-0.75, -5.0]], dtype=np.float32)
    expected = 0.005 * np.sqrt(np.array([[150, 350], [0, 0]]) / 4.71 + 1.8225)
    sigma = exposure.sigma(image)
    assert sigma.dtype == np.float32
    np.testing.assert_allclose(sigma, expected, rtol=1e-5)


def test_sigma_of_a_frame_broadcasts():
    calibration = np.array([0.004, 0.005, 0.006], dtype=np.float32)
    sky = np.full((2, 3), 120.0, dtype=np.float32)
    whole = Exposure(calibration, sky, 4.6, 1.0).sigma(np.ones((2, 3), dtype=np.float32))
    for column, value in enumerate(calibration):
        one = Exposure(float(value), 120.0, 4.6, 1.0).sigma(np.ones((2, 1), dtype=np.float32))
        np.testing.assert_allclose(whole[:, [column]], one, rtol=1e-6)


@pytest.mark.parametrize(
    "field", [{"nmgy_per_count": 0.0}, {"gain": -1.0}, {"sky": -1.0}, {"dark_variance": -0.1}]
)
def test_impossible_exposure(field):
    good = {"nmgy_per_count": 0.005, "sky": 150.0, "gain": 4.7, "dark_variance": 1.0}
    with pytest.raises(ValueError, match=next(iter(field))):
        Exposure(**good | field)
