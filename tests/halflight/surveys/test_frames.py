"""Frames: the noise recipe, and every way in which a frame is not what it should be."""

import bz2
import dataclasses

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import map_coordinates

from halflight.instrument import FRAME_SHAPE
from halflight.surveys.errors import FrameError
from halflight.surveys.frames import _interpolate_sky, read_frame

KEY = {"run": 100, "camcol": 3, "field": 50, "band": "r", "gain": 4.7, "dark_variance": 1.3}


@pytest.fixture
def read(tmp_path):
    """Write a synthetic field's frame, not compressed, and read it back."""

    def run(made, **changes):
        path = tmp_path / "frame.fits"
        made.hdus.writeto(path)
        return read_frame(path.read_bytes(), **(KEY | changes))

    return run


def test_a_good_frame(read, tools):
    made = tools.make_field()
    frame = read(made)
    for array in (frame.image, frame.sigma, frame.sky):
        assert array.shape == FRAME_SHAPE
        assert array.dtype == np.float32
        assert array.dtype.isnative
        assert array.flags.c_contiguous
    np.testing.assert_array_equal(frame.image, made.hdus[0].data)
    np.testing.assert_allclose(frame.sky, tools.sky_counts)
    counts = frame.image[0, 0] / 0.005 + tools.sky_counts
    assert frame.sigma[0, 0] == pytest.approx(0.005 * np.sqrt(counts / 4.7 + 1.3), rel=1e-6)
    assert frame.name == "100-3-50-r"


def test_a_compressed_frame_is_the_same_frame(read, tools, tmp_path):
    made = tools.make_field()
    path = tmp_path / "frame.fits.bz2"
    path.write_bytes(made.frame_bytes())
    np.testing.assert_array_equal(read_frame(path.read_bytes(), **KEY).sigma, read(made).sigma)


def test_noise_under_an_object_counts_its_photons(read, tools):
    made = tools.make_field()
    made.hdus[0].data[10, 20] = 3.0
    made.hdus[1].data[20] = 0.004
    frame = read(made)
    expected = 0.004 * np.sqrt((3.0 / 0.004 + tools.sky_counts) / 4.7 + 1.3)
    assert frame.sigma[10, 20] == pytest.approx(expected, rel=1e-6)


def test_masked_pixels_are_bad_whatever_lies_beneath(read, tools):
    frame = read(tools.make_field())
    masked = np.ma.array(frame.image, mask=False)
    masked[5, 6], masked.mask[5, 6] = -9999, True
    made = dataclasses.replace(frame, image=masked)
    assert not np.ma.isMaskedArray(made.image)
    assert np.isnan(made.image[5, 6])
    assert np.isinf(made.sigma[5, 6])
    assert np.isfinite(made.image).sum() == made.image.size - 1


def test_bad_pixels(read, tools):
    made = tools.make_field()
    made.hdus[0].data[5, 6] = np.nan
    made.hdus[0].data[5, 7] = np.inf
    frame = read(made)
    assert np.isnan(frame.image[5, 6:8]).all()
    assert np.isinf(frame.sigma[5, 6:8]).all()
    assert np.isfinite(frame.image).sum() == frame.image.size - 2


def test_sky_interpolation_against_scipy(tools):
    rng = np.random.default_rng(1)
    grid = rng.normal(150, 5, (192, 256)).astype(np.float32)
    rows = ((np.arange(1489) + 0.5) / 7.5 - 3).astype(np.float32)  # beyond the grid at both ends
    columns = ((np.arange(2048) + 0.5) / 7.9 - 2).astype(np.float32)
    at = np.meshgrid(rows.astype(float), columns.astype(float), indexing="ij")
    expected = map_coordinates(grid.astype(float), at, order=1, mode="nearest")
    np.testing.assert_allclose(_interpolate_sky(grid, columns, rows), expected, rtol=1e-5)


def test_world_coordinates_against_astropys_own_reading(read, tools):
    made = tools.make_field()
    frame = read(made)
    own = WCS(made.hdus[0].header)
    columns, rows = [0, 1000, 2047], [0, 1488, 700]
    np.testing.assert_allclose(
        frame.wcs.pixel_to_world_values(columns, rows), own.pixel_to_world_values(columns, rows)
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"run": 101}, "RUN is 100 where 101"),
        ({"camcol": 4}, "CAMCOL is 3 where 4"),
        ({"field": 51}, "FRAME is 50 where 51"),
        ({"band": "i"}, "FILTER is 'r' where 'i'"),
    ],
)
def test_another_fields_frame(read, tools, asked, said):
    with pytest.raises(FrameError, match=rf"frame-.*: {said}"):
        read(tools.make_field(), **asked)


def spoil_shape(hdus):
    hdus[0].data = hdus[0].data[:100, :100]


def spoil_calib_shape(hdus):
    hdus[1].data = hdus[1].data[:100]


def spoil_calib(hdus):
    hdus[1].data[7] = 0


def spoil_all(hdus):
    hdus[0].data[:] = np.nan


def spoil_half(hdus):
    hdus[0].data[:800] = np.nan


def spoil_sky(hdus):
    hdus[2].data["ALLSKY"][0, 3, 3] = np.nan


def spoil_unit(hdus):
    hdus[0].header["BUNIT"] = "counts"


def spoil_projection(hdus):
    hdus[0].header["CTYPE1"] = "RA---SIN"


def spoil_scale(hdus):
    hdus[0].header["CD1_2"] *= 1.1


def spoil_solution(hdus):
    del hdus[0].header["CRVAL1"]


def spoil_structure(hdus):
    del hdus[2]


def spoil_table(hdus):
    columns = hdus[2].columns[:2]
    hdus[2] = fits.BinTableHDU.from_columns(columns)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_shape, r"image has the shape \(100, 100\)"),
        (spoil_calib_shape, r"calibration \(100,\)"),
        (spoil_calib, "calibration .* not positive"),
        (spoil_all, "only 0.0% of its pixels"),
        (spoil_half, "only 46.3% of its pixels"),
        (spoil_sky, "sky grid .* not a finite"),
        (spoil_unit, "BUNIT is 'counts'"),
        (spoil_projection, "CTYPE is"),
        (spoil_scale, "arcsec per pixel"),
        (spoil_solution, "no complete TAN solution"),
        (spoil_structure, "IndexError"),
        (spoil_table, "KeyError"),
    ],
)
def test_malformed_frames(read, tools, spoil, said):
    made = tools.make_field()
    spoil(made.hdus)
    with pytest.raises(FrameError, match=rf"frame-r-000100-3-0050: .*{said}"):
        read(made)


def test_not_a_frame_at_all(tmp_path, recorded_sky):
    for source, said in (
        ("error_503.html", "cannot be read as an SDSS frame: it is not FITS but begins"),
        ("emptyfile.fits", "cannot be read as an SDSS frame"),
    ):
        with pytest.raises(FrameError, match=said):
            read_frame((recorded_sky / "replies" / source).read_bytes(), **KEY)
    path = tmp_path / "frame.fits.bz2"
    path.write_bytes(b"BZh9 nothing of the kind")
    with pytest.raises(FrameError, match="bzip2 body is damaged"):
        read_frame(path.read_bytes(), **KEY)


def test_fits_cut_short_inside_sound_bzip2(tmp_path, tools):
    raw = bz2.decompress(tools.make_field().frame_bytes())
    path = tmp_path / "frame.fits.bz2"
    path.write_bytes(bz2.compress(raw[: 2880 * 1000], 1))
    with pytest.raises(FrameError, match="part 0 announces 12197888 bytes .* are missing"):
        read_frame(path.read_bytes(), **KEY)


def test_real_frame_whose_header_describes_other_pixels(recorded_sky):
    path = recorded_sky / "odd/frame-r-001000-1-0100.fits.bz2"
    wanted = KEY | {"run": 1000, "camcol": 1, "field": 100}
    with pytest.raises(
        FrameError, match=r"frame-r-001000-1-0100.*shape \(100, 100\).*CRPIX \(1025"
    ):
        read_frame(path.read_bytes(), **wanted)
