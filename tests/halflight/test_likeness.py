"""Likeness: stars and galaxies are usual, what is neither is not, and a file says how far."""

import numpy as np
import pytest

from halflight.likeness import INDICATORS, LIKENESS, Likeness, indicators
from tests.bands import gaussian

SIZE, SIDE, NOISE, BANDS = 40, 15, 0.05, 3


def stamps(count, extent, seed=0, flux=40.0):
    """Points, or blobs of `extent` pixels, near the centre of stamps in three bands."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, NOISE, (count, SIZE, SIZE, BANDS))
    for row in range(count):
        profile = gaussian(SIZE, np.hypot(1.5, extent), *rng.uniform(-0.4, 0.4, 2))
        image[row] += flux * profile[..., None] * [0.5, 1.0, 0.8]
    psf = np.tile(gaussian(SIDE, 1.5)[None, ..., None], (count, 1, 1, BANDS))
    sigma = np.full(image.shape, NOISE)
    return image.astype(np.float32), sigma.astype(np.float32), psf.astype(np.float32)


@pytest.fixture(scope="module")
def usual():
    return Likeness.fitted(np.concatenate([indicators(*stamps(80, e)) for e in (0.0, 2.5)]))


def test_what_was_learnt_from_is_within_and_more_of_the_same_is_too(usual):
    for extent in (0.0, 2.5):
        score = usual.score(indicators(*stamps(60, extent, seed=5)))
        assert (score > 1).mean() < 0.2  # of some 80 each, 1 % is not known well
        assert np.quantile(score, 0.9) < 1.3


def spoilt(name):
    """Stamps that are neither, as many as `usual` learnt stars."""
    image, sigma, psf = stamps(30, 0.0, seed=7)
    if name == "two":
        image += np.roll(image, 6, axis=2)
    elif name == "blank":
        image = stamps(30, 0.0, seed=7, flux=0.0)[0]
    elif name == "ray":
        image[:, 20, 18:24, 1] += 3.0
    elif name == "moving":
        image[..., 0], image[..., 2] = np.roll(image[..., 0], 3, 1), np.roll(image[..., 2], -3, 1)
    elif name == "off":
        image = np.roll(image, 4, axis=1)
    elif name == "masked":
        image[:, :20], sigma[:, :20] = np.nan, np.inf
    elif name == "quiet":
        sigma *= 2
    return image, sigma, psf


@pytest.mark.parametrize("name", ["two", "blank", "ray", "moving", "off", "masked", "quiet"])
def test_what_is_neither_is_beyond(usual, name):
    assert (usual.score(indicators(*spoilt(name))) > 1).mean() > 0.9


def test_missing_bands_are_not_looked_at_and_none_at_all_is_beyond_everything(usual):
    image, sigma, psf = stamps(4, 0.0)
    image[0, ..., 0], sigma[0, ..., 0] = np.nan, np.inf
    psf[1, ..., 2] = 0.0
    psf[2] = np.nan
    score = usual.score(indicators(image, sigma, psf))
    assert (score[[0, 1, 3]] < 2).all()
    assert np.isinf(score[2])
    assert indicators(image[:0], sigma[:0], psf[:0]).shape == (0, len(INDICATORS))


def test_the_order_of_stamps_and_their_unit_change_nothing():
    image, sigma, psf = stamps(6, 1.0)
    found = indicators(image, sigma, psf)
    np.testing.assert_allclose(indicators(image[::-1], sigma[::-1], psf[::-1]), found[::-1])
    other = indicators(image * 64, sigma * 64, psf)
    np.testing.assert_allclose(other, found, rtol=1e-3, atol=1e-3)


def test_known_objects_are_flagged_as_rarely_as_is_said():
    rng = np.random.default_rng(3)
    found = rng.normal(size=(5000, len(INDICATORS)))
    score = Likeness.fitted(found).score(found)
    assert (score > 1).mean() == pytest.approx(0.01, abs=0.002)
    with pytest.raises(ValueError, match="none of the objects to learn from"):
        Likeness.fitted(np.full((3, len(INDICATORS)), np.inf))


def test_it_comes_back_from_its_file_and_a_damaged_one_is_named(usual, tmp_path):
    assert Likeness.load(tmp_path) is None
    usual.save(tmp_path)
    assert Likeness.load(tmp_path) == usual
    for text in ('{"middle": {}}', '{"middle": {}, "limit": {}}', '{"middle": [], "limit": 1}'):
        (tmp_path / LIKENESS).write_text(text)
        with pytest.raises(ValueError, match=r"likeness\.json: "):
            Likeness.load(tmp_path)
    upside_down = dict.fromkeys(INDICATORS, 1.0)
    with pytest.raises(ValueError, match="limit must lie above middle"):
        Likeness(upside_down, dict.fromkeys(INDICATORS, 0.0))
