import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight import images
from halflight.images import ImageError, Options
from halflight.images.analytic import gaussian, moffat
from halflight.images.psfex import PsfexModel, read_psfex
from halflight.images.resampling import centred, resampled, resized
from halflight.psf import psf_fwhm, psf_offset
from tests.halflight.images.conftest import FWHM, tangent


@pytest.fixture
def field(image, write):
    return images.open_field(write(image, cards=tangent()))


def stamp_of(psf, field, *arguments, **options):
    opened = images.open_psf(psf, field, *arguments, options=Options(**options))
    return opened, opened.at(100.0, 80.0, 0)


@settings(deadline=None)
@given(st.floats(1, 5), st.floats(1.2, 1.6))
def test_resampling_keeps_the_light_and_widens_by_the_pixel(ratio, width):
    """A box of n old pixels adds (n^2 - 1) / 12 to the variance that one of them left."""
    coarse = resampled(gaussian(FWHM * width * ratio, 101), ratio, 21)
    assert coarse.sum() == pytest.approx(1, abs=1e-3)
    variance = coarse.sum(axis=0) @ (np.arange(21) - 10) ** 2
    assert variance == pytest.approx(width**2 + (1 - ratio**-2) / 12, rel=1e-2)


@pytest.mark.parametrize("by", [2, 3, 4, 5])
def test_a_binned_star_looks_like_the_resampled_psf(by):
    """A star on the middle of a square of pixels that is summed, against the PSF said to fit it."""
    side, width = 41 * by, 4.0
    y, x = np.indices((side, side)) - (side - 1) / 2
    star = np.exp(-0.5 * (x**2 + y**2) / width**2) / (2 * np.pi * width**2)
    binned = star.reshape(41, by, 41, by).sum(axis=(1, 3))
    point = resampled(gaussian(FWHM * width, 101), by, 41)
    np.testing.assert_allclose(binned, point, atol=1e-5 * binned.max())


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.integers(24, 31), st.floats(0.1, 1e4))
def test_a_stamp_of_any_side_and_sum_is_centred_and_normalised(dx, dy, side, times):
    y, x = np.indices((side, side)) - (side - 1) / 2
    star = times * np.exp(-0.5 * ((x - dx) ** 2 + (y - dy) ** 2) / 1.6**2)
    psf, moved = centred(star, "the PSF")
    assert psf.shape[0] % 2 == 1
    assert psf.sum() == pytest.approx(1)
    assert psf_offset(psf[None])[0] < 0.05
    padded = 0.5 if side % 2 == 0 else 0.0  # an even side gets a row and a column behind it
    assert moved == pytest.approx(np.hypot(dx - padded, dy - padded), abs=0.1)
    assert psf_fwhm(resized(psf, 25), 1.0) == pytest.approx(FWHM * 1.6, rel=0.02)


@pytest.mark.parametrize(
    "wrong", [np.zeros((9, 9)), np.full((9, 9), np.nan), np.ones(9), -np.eye(9)]
)
def test_what_is_no_psf_is_refused(field, wrong):
    with pytest.raises(ImageError, match="PSF"):
        stamp_of(wrong, field)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("gaussian:1.2arcsec", 3.0),
        ("gaussian:3px", 3.0),
        ("Moffat:1.6 arcsec:2.5", 4.0),
        ("moffat:4px", 4.0),
    ],
)
def test_a_width_is_that_of_stars_in_the_image(field, text, width):
    psf, stamp = stamp_of(text, field)
    assert psf_fwhm(stamp, 1.0) == pytest.approx(width, rel=0.02)
    assert stamp.sum() == pytest.approx(1)
    assert "not known" in psf.doubtful


def test_a_moffat_has_its_wings():
    """The ratio of the profile at the centre and at radius a is 2^beta."""
    beta, fwhm = 2.5, 6.0
    a = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    stamp = moffat(fwhm, beta, 101)
    row = stamp[50, 50:]
    assert np.interp(a, np.arange(51), row) == pytest.approx(row[0] / 2**beta, rel=0.03)


@pytest.mark.parametrize(
    "psf",
    [
        "",
        None,
        "gaussian:3",
        "moffat:",
        "gaussian:-3px",
        "gaussian:900px",
        "gaussian:3px:2",
        "moffat:3px:0.5",
        "gaussian:1.1.1px",
    ],
)
def test_a_psf_that_is_missing_or_not_understood_is_asked_for(field, psf):
    with pytest.raises(ImageError, match="--psf"):
        stamp_of(psf, field)


def test_arcsec_need_a_pixel_scale(image, write):
    with pytest.raises(ImageError, match="--pixel-scale"):
        stamp_of("gaussian:1arcsec", images.open_field(write(image, "flat.fits")))


def test_a_stamp_s_scale_comes_from_its_header_an_option_or_the_image(field, write):
    """A PSF four times finer than the image comes out four times narrower."""
    fine = gaussian(12.0, 121).astype(np.float32)
    for path, options in (
        (write(fine, "a.fits", SECPIX=0.1), {}),
        (write(fine, "b.fits", cards=tangent(0.1, fine.shape)), {}),
        (write(fine, "c.fits"), {"psf_pixel_scale": 0.1}),
    ):
        psf, stamp = stamp_of(path, field, **options)
        assert psf_fwhm(stamp, 1.0) == pytest.approx(3.0, rel=0.06)
        assert stamp.shape == (51, 51)
    for path in (write(fine, "d.fits"), write(fine, "e.fits", cards=tangent(16.0, fine.shape))):
        psf, stamp = stamp_of(path, field)
        assert psf_fwhm(stamp, 1.0) == pytest.approx(12.0, rel=0.02)
        assert any("taken to be the image's" in note for note in psf.notes)


def test_wide_wings_get_a_larger_stamp_and_what_is_cut_off_is_doubtful(field):
    wide = moffat(8.0, 1.8, 201)
    psf, stamp = stamp_of(wide, field)
    assert 51 < len(stamp) == psf.size <= 151
    small, stamp = stamp_of(wide, field, psf_size=25)
    assert stamp.shape == (25, 25)
    assert "beyond 25 pixels" in small.doubtful


def test_a_psf_for_each_row_and_no_other_number(field):
    sources = images.detect_sources(field).head(3)
    cube = np.stack([gaussian(width, 25) for width in (2.0, 3.0, 4.0)])
    psf = images.open_psf(cube, field, sources)
    assert [psf_fwhm(psf.at(0, 0, row), 1.0) for row in range(3)] == pytest.approx(
        [2, 3, 4], rel=0.02
    )
    with pytest.raises(ImageError, match="3 PSFs for 2 rows"):
        images.open_psf(cube, field, sources.head(2))
    chosen = images.open_psf(cube, field, sources.head(2), Options(plane=1))
    assert psf_fwhm(chosen.at(0, 0, 0), 1.0) == pytest.approx(3, rel=0.02)


def psfex_table(samp=1.0, as_row=False, **changes):
    """A model whose width grows along x: 3 px at x = 1, from two images of a first degree."""
    base, slope = gaussian(3.0 / samp, 41), gaussian(6.0 / samp, 41) - gaussian(3.0 / samp, 41)
    images_ = np.stack([base, slope, np.zeros_like(base)]).astype(np.float32)
    values = {
        **{"POLNAXIS": 2, "POLNGRP": 1, "POLDEG1": 1, "POLNAME1": "X_IMAGE", "POLNAME2": "Y_IMAGE"},
        **{"POLZERO1": 1.0, "POLSCAL1": 299.0, "POLZERO2": 1.0, "POLSCAL2": 199.0},
        "PSF_SAMP": samp,
    } | changes
    columns = [fits.Column("PSF_MASK", f"{images_.size}E", dim="(41,41,3)", array=images_[None])]
    if as_row:
        kinds = {int: "K", float: "D", str: "8A"}
        columns += [fits.Column(k.lower(), kinds[type(v)], array=[v]) for k, v in values.items()]
    hdu = fits.BinTableHDU.from_columns(columns)
    if not as_row:
        hdu.header.update(values)
    return hdu


@pytest.mark.parametrize("as_row", [False, True])
@pytest.mark.parametrize("samp", [1.0, 0.5])
def test_psfex_varies_with_the_position_counted_from_one(field, tmp_path, samp, as_row):
    fits.HDUList([fits.PrimaryHDU(), psfex_table(samp, as_row)]).writeto(tmp_path / "m.psf")
    psf = images.open_psf(tmp_path / "m.psf", field)
    for x, width in ((0.0, 3.0), (299.0, 6.0)):
        stamp = psf.at(x, 50.0, 0)
        assert stamp.sum() == pytest.approx(1)
        assert psf_fwhm(stamp, 1.0) == pytest.approx(width, rel=0.03)


def test_psfex_s_polynomial_has_x_running_fastest():
    """The six images of a second degree belong to 1, x, x^2, y, xy, y^2."""
    cube = np.zeros((6, 5, 5))
    cube[:, 2, 2] = 1
    cube[:, 2, 1] = cube[:, 2, 3] = np.arange(6)
    model = PsfexModel("m", cube, 2, (1.0, 1.0), (1.0, 1.0), 1.0)
    u, v = 3.0, 2.0
    powers = np.array([1, u, u * u, v, u * v, v * v])
    expected = (powers @ np.arange(6)) / powers.sum()
    stamp = model.at(u, v, 5)
    assert stamp[2, 3] / stamp[2, 2] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"POLNAXIS": 3}, "more than x and y"),
        ({"POLDEG1": 2}, "3 images"),
        ({"POLNAME1": "AIRMASS"}, "AIRMASS"),
        ({"PSF_SAMP": 0.0}, "PSF_SAMP"),
    ],
)
def test_a_psfex_model_that_is_another_is_refused(change, message):
    with pytest.raises(ImageError, match=message):
        read_psfex(psfex_table(**change), "m.psf")


def test_a_psfield_is_that_of_the_survey_s_own_path(recorded_sky, field):
    from dataclasses import replace

    from halflight.instrument import SDSS
    from halflight.surveys.psf import read_psfield

    path = recorded_sky / "sas/dr17/eboss/photo/redux/301/94/objcs/1/psField-000094-1-0012.fit"
    with pytest.raises(ImageError, match="--band"):
        images.open_psf(path, field)
    sdss = replace(field, instrument=SDSS.with_bands(["r"]))
    psf = images.open_psf(path, sdss)
    own = read_psfield(path.read_bytes(), run=94, camcol=1, field=12, band="r")
    np.testing.assert_allclose(psf.at(300.0, 700.0, 0), own.at(700.0, 300.0, 51), atol=1e-7)
