"""Injected galaxies: the truths of the simulation, the frame's own noise and PSF, one by one."""

import math

import numpy as np
import pytest

from halflight import params
from halflight.half_light import half_light_ellipse
from halflight.simulation import Psf, render_psf, simulate_stamp
from halflight.surveys import Frame, PsfField
from halflight.trials.injected import ALONE, galaxy_of, injected_stamps

GAIN, DARK, CALIB, SKY = 4.7, 1.1, 0.0051, 90.0
SIZE, PSF_SIZE = 48, 25


@pytest.fixture(scope="module")
def population(root):
    settings = params.read("radius.simulate", path=root / "params.yaml")
    return settings.population.changed(radius=[0.5, 2.0], sersic_n=[0.7, 1.5])


@pytest.fixture(scope="module")
def frame():
    sigma = np.full((160, 200), CALIB * math.sqrt(SKY / GAIN + DARK), np.float32)
    image = (sigma * np.random.default_rng(1).standard_normal(sigma.shape)).astype(np.float32)
    full = np.full(sigma.shape, SKY, np.float32)
    return Frame("1-1-1-r", image, sigma, full, np.full(200, CALIB, np.float32), wcs=None)


@pytest.fixture(scope="module")
def psf():
    stamp = render_psf(Psf("moffat", 1.3, beta=3.5), PSF_SIZE)
    return PsfField("psf", stamp[np.newaxis].astype(float), np.ones((1, 1, 1)))


def injected(frame, psf, population, indices):
    return injected_stamps(
        frame,
        psf,
        np.asarray(indices),
        gain=GAIN,
        dark_variance=DARK,
        seed=3,
        stamp_size=SIZE,
        psf_size=PSF_SIZE,
        population=population,
        clearance=2.0,
    )


def test_the_truth_is_that_of_the_simulated_stamp_of_this_number(frame, psf, population):
    table, image, sigma, psfs = injected(frame, psf, population, range(40, 46))
    assert image.shape == sigma.shape == (6, SIZE, SIZE)
    assert psfs.shape == (6, PSF_SIZE, PSF_SIZE)
    assert image.dtype == sigma.dtype == psfs.dtype == np.float32
    alone = population.changed(**ALONE)
    for row, number in zip(table.to_dict("records"), range(40, 46), strict=True):
        truth, *_ = simulate_stamp(
            number, seed=3, stamp_size=SIZE, psf_size=PSF_SIZE, population=alone
        )
        for name in ("half_light_radius", "magnitude", "axis_ratio", "x", "y", "bulge_fraction"):
            assert row[name] == truth[name]
        assert (row["gain"], row["sky"]) == (GAIN, SKY)
        assert math.isnan(row["neighbour_flux_fraction"])
    assert table["psf_half_light_radius"].nunique() == 1
    assert table["nmgy_per_count"].tolist() == pytest.approx([CALIB] * 6)


def test_the_light_that_comes_in_is_the_galaxys(frame, psf, population):
    table, image, _, _ = injected(frame, psf, population, range(6))
    bright = table["magnitude"] < 18
    assert bright.any()
    ratio = image.sum(axis=(1, 2)) / table["flux"].to_numpy()
    assert ratio[bright] == pytest.approx(1.0, abs=0.12)  # the rest lies beyond the stamp


def test_the_same_numbers_give_the_same_bytes(frame, psf, population):
    first, second = (injected(frame, psf, population, [5, 9]) for _ in range(2))
    for one, two in zip(first[1:], second[1:], strict=True):
        assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("number", range(6))
def test_a_galaxy_is_read_back_from_its_row(population, number):
    truth, *_ = simulate_stamp(number, seed=3, stamp_size=32, psf_size=25, population=population)
    galaxy = galaxy_of(truth)
    ellipse = half_light_ellipse(galaxy.components)
    assert ellipse.semi_major == pytest.approx(truth["half_light_radius"], rel=1e-9)
    assert ellipse.axis_ratio == pytest.approx(truth["axis_ratio"], rel=1e-9)
    assert galaxy.flux == pytest.approx(truth["flux"], rel=1e-9)
