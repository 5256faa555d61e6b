import numpy as np
import pytest

from halflight import images
from halflight.images import ImageError
from halflight.images.analytic import moffat
from halflight.psf import psf_fwhm, psf_half_light_radius, psf_offset
from tests.halflight.images.conftest import blobs

SHAPE = (420, 420)
PLACES = np.array([(60 + 75 * i, 60 + 75 * j) for i in range(5) for j in range(5)], float)


def moffat_star(shape, x, y, flux, fwhm, beta):
    """A Moffat star over its pixels, each the mean of 5 x 5 places in it."""
    a2 = fwhm**2 / 4 / (2 ** (1 / beta) - 1)
    image = np.zeros(shape)
    low, high = (int(v) - 30 for v in (x, y)), (int(v) + 31 for v in (x, y))
    (x0, y0), (x1, y1) = low, high
    for sub_x in (np.arange(5) - 2) / 5:
        for sub_y in (np.arange(5) - 2) / 5:
            xs = np.arange(x0, x1) + sub_x - x
            ys = np.arange(y0, y1)[:, None] + sub_y - y
            image[y0:y1, x0:x1] += (1 + (xs**2 + ys**2) / a2) ** -beta / 25
    return flux * (beta - 1) / (np.pi * a2) * image


def star_field(fwhm, beta=3.0, seed=5, stars=16, galaxies=9):
    """Stars at random places within their pixels, then galaxies, wider by different factors."""
    generator = np.random.default_rng(seed)
    image = generator.normal(0, 1, SHAPE)
    places = PLACES + generator.uniform(-0.5, 0.5, PLACES.shape)
    for number, (x, y) in enumerate(places[: stars + galaxies]):
        wider = 1.0 if number < stars else generator.uniform(1.35, 2.5)
        flux = generator.uniform(1e4, 6e4)
        image += moffat_star(SHAPE, x, y, flux, fwhm * wider, beta)
    return image.astype(np.float32), places[:stars]


@pytest.mark.parametrize("fwhm", [1.9, 2.6, 4.0])
def test_the_psf_of_the_stars_is_that_which_drew_them(fwhm):
    """Within 2 % of the half-light radius, sharp or broad, although galaxies share the field."""
    image, places = star_field(fwhm)
    field = images.field_of_arrays(image)
    psf = images.open_psf("auto", field)
    truth = moffat_star((61, 61), 30, 30, 1.0, fwhm, 3.0)[5:56, 5:56]
    stamp = psf.at(0, 0, 0)
    assert stamp.shape == (51, 51)
    assert stamp.sum() == pytest.approx(1)
    assert psf_offset(stamp[None])[0] < 0.05
    core = np.s_[19:32, 19:32]
    assert np.abs(stamp - truth / truth.sum())[core].max() < 0.03 * truth.max()
    assert psf_fwhm(stamp, 1.0) == pytest.approx(psf_fwhm(truth, 1.0), rel=0.02)
    assert psf_half_light_radius(stamp, 1.0) == pytest.approx(
        psf_half_light_radius(truth, 1.0), rel=0.04
    )
    used = psf.stars.table[psf.stars.table["used"]]
    assert len(used) >= 12
    near = np.abs(used[["x", "y"]].to_numpy()[:, None] - places).max(axis=2).min(axis=1)
    assert (near < 1).all()  # every one that was used is a star
    assert psf.doubtful == ""


def test_what_was_left_out_says_why_and_residuals_are_small():
    image, _ = star_field(3.0)
    stars = images.open_psf("auto", images.field_of_arrays(image)).stars
    left = stars.table[~stars.table["used"]]
    assert (left["reason"] != "").all()
    assert len(stars.stamps) == len(stars.models) == len(stars.rows)
    used = stars.table.loc[stars.rows, "used"].to_numpy()
    assert np.abs(stars.residuals[used]).max() < 0.15 * stars.models[used].max()
    assert "stars" in stars.summary()


def test_few_stars_are_doubtful_and_none_are_asked_about():
    few, _ = star_field(3.0, stars=5, galaxies=0)
    psf = images.open_psf("auto", images.field_of_arrays(few))
    assert "5 stars" in psf.doubtful
    none = blobs(SHAPE, [(100, 100, 3e4, 6.0)], sigma=1.0)
    with pytest.raises(ImageError, match=r"found 1 stars.*--psf") as caught:
        images.open_psf("auto", images.field_of_arrays(none))
    assert "\n" not in str(caught.value)


def test_a_moffat_s_sum_is_one():
    assert moffat(3.0, 3.0, 51).sum() == pytest.approx(1)
