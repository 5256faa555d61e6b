"""Galaxies in a whole frame: apart, at their places, with their light; and the file again."""

import io
import math

import numpy as np
import pytest
from astropy.io import fits

from halflight import params
from halflight.instrument import FRAME_SHAPE
from halflight.simulation import Psf, render_psf
from halflight.surveys import Frame, PsfField, SurveyError
from halflight.trials.planted import places_apart, planted, with_image

GAIN, DARK, CALIB, SKY = 4.7, 1.1, 0.0051, 90.0
WAY = {"window": 64, "clearance": 4.0, "separation": 70.0}


@pytest.fixture(scope="module")
def frame():
    sigma = np.full((260, 340), CALIB * math.sqrt(SKY / GAIN + DARK), np.float32)
    image = (sigma * np.random.default_rng(1).standard_normal(sigma.shape)).astype(np.float32)
    sky = np.full(sigma.shape, SKY, np.float32)
    return Frame("1-1-1-r", image, sigma, sky, np.full(340, CALIB, np.float32), wcs=None)


@pytest.fixture(scope="module")
def population(root):
    settings = params.read("radius.simulate", path=root / "params.yaml")
    return settings.population.changed(magnitude=[16.0, 17.0], radius=[0.5, 2.0])


@pytest.fixture(scope="module")
def psf():
    stamp = render_psf(Psf("moffat", 1.3, beta=3.5), 25)
    return PsfField("psf", stamp[np.newaxis].astype(float), np.ones((1, 1, 1)))


def test_places_are_apart_and_within(frame):
    rng = np.random.default_rng(1)
    places = places_apart(frame, 4, rng=rng, **WAY)
    apart = np.hypot(*(places[:, None] - places).T)
    assert (apart[~np.eye(4, dtype=bool)] >= 70).all()
    assert (places >= 32).all()
    assert (places <= np.array(frame.image.shape) - 32).all()
    with pytest.raises(SurveyError, match=r"1-1-1-r: \d+ of 40 galaxies.*lower per_frame"):
        places_apart(frame, 40, rng=rng, **WAY)


def test_light_lies_where_the_table_says(frame, population, psf):
    options = {"gain": GAIN, "dark_variance": DARK, "seed": 3, "population": population, **WAY}
    table, image = planted(frame, psf, np.arange(3), **options)
    light = image.astype(float) - frame.image
    assert light.sum() / table["flux"].sum() == pytest.approx(1, abs=0.1)
    for row in table.itertuples():
        at = np.s_[row.row - 10 : row.row + 10, row.column - 10 : row.column + 10]
        y, x = np.indices(light[at].shape)
        weight = light[at] / light[at].sum()
        assert (weight * x).sum() + row.column - 10 == pytest.approx(row.x, abs=0.3)
        assert (weight * y).sum() + row.row - 10 == pytest.approx(row.y, abs=0.3)
    again, same = planted(frame, psf, np.arange(3), **options)
    assert again.equals(table)
    assert same.tobytes() == image.tobytes()


def test_a_frame_is_written_with_another_image_and_all_else_as_it_was(recorded_sky):
    [path] = recorded_sky.rglob("frame-z-000094-1-0012.fits.bz2")
    image = np.full(FRAME_SHAPE, 0.5, np.float32)
    made = with_image(path.read_bytes(), image)
    with fits.open(path) as before, fits.open(io.BytesIO(made)) as after:
        np.testing.assert_array_equal(after[0].data, image)
        assert [hdu.name for hdu in after] == [hdu.name for hdu in before]
        assert after[0].header["FRAME"] == before[0].header["FRAME"]
        np.testing.assert_array_equal(after[1].data, before[1].data)
    with pytest.raises(ValueError, match=r"\(1489, 2048\).*\(2, 2\)"):
        with_image(path.read_bytes(), np.zeros((2, 2), np.float32))
