import bz2
import gzip
import warnings

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from halflight.images.errors import ImageError
from halflight.images.parts import read_parts, scaled, split_part, whole_numbers


def read(path):
    [part] = read_parts(path).images()
    return part, scaled(part, part.pixels)


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i2", ">i4", "u1"])
def test_every_kind_of_number_comes_as_it_was_written(tmp_path, kind):
    pixels = np.arange(24).reshape(4, 6).astype(kind)
    fits.PrimaryHDU(pixels).writeto(tmp_path / "a.fits")
    _, image = read(tmp_path / "a.fits")
    assert image.dtype == np.float32
    assert image.dtype.isnative
    np.testing.assert_array_equal(image, pixels)


@pytest.mark.parametrize("pack", ["plain", "gz", "bz2"])
def test_a_packed_file_reads_as_the_plain_one(tmp_path, pack):
    pixels = np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32)
    fits.PrimaryHDU(pixels).writeto(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes()
    packed = {"plain": lambda c: c, "gz": gzip.compress, "bz2": bz2.compress}[pack](content)
    (tmp_path / "b.fits").write_bytes(packed)
    np.testing.assert_array_equal(read(tmp_path / "b.fits")[1], pixels)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_2", "HCOMPRESS_1"])
def test_a_tile_compressed_image_reads_as_astropy_has_it(tmp_path, kind):
    pixels = np.random.default_rng(1).integers(0, 900, (600, 40)).astype(np.int32)
    hdus = [fits.PrimaryHDU(), fits.CompImageHDU(pixels, compression_type=kind, name="SCI")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits.fz")
    part, image = read(tmp_path / "a.fits.fz")
    assert part.name == "SCI"
    np.testing.assert_array_equal(image, pixels)


def test_quantised_floats_keep_their_missing_pixels(tmp_path):
    pixels = np.random.default_rng(1).normal(0, 1, (64, 64)).astype(np.float32)
    pixels[3, 4] = np.nan
    hdus = [fits.PrimaryHDU(), fits.CompImageHDU(pixels, compression_type="RICE_1")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits.fz")
    _, image = read(tmp_path / "a.fits.fz")
    assert np.isnan(image[3, 4])
    assert np.nanmax(np.abs(image - pixels)) < 0.2


def test_scaled_integers_are_what_bzero_and_bscale_say_and_blank_is_none(tmp_path):
    stored = np.array([[-32768, 0], [1, 100]], np.int16)
    hdu = fits.PrimaryHDU(stored)
    hdu.header["BLANK"] = -32768
    hdu.writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits", mode="update", do_not_scale_image_data=True) as hdus:
        hdus[0].header["BSCALE"], hdus[0].header["BZERO"] = 2.5, 1000.0
    _, image = read(tmp_path / "a.fits")
    np.testing.assert_allclose(image, [[np.nan, 1000.0], [1002.5, 1250.0]])


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([np.uint8, np.uint16, np.uint32, np.uint64]).flatmap(
        lambda kind: hnp.arrays(kind, (3, 5))
    )
)
def test_unsigned_masks_keep_every_bit(tmp_path_factory, bits):
    path = tmp_path_factory.mktemp("mask") / "a.fits"
    fits.PrimaryHDU(bits).writeto(path)  # astropy writes BZERO 32768
    [part] = read_parts(path).images()
    np.testing.assert_array_equal(whole_numbers(part, part.pixels).view(np.uint64), bits)


def test_what_was_read_stays_when_its_memory_is_given_back(tmp_path):
    fits.PrimaryHDU(np.ones((100, 100), np.float32)).writeto(tmp_path / "a.fits")
    parts = read_parts(tmp_path / "a.fits")
    before = parts.images()[0].pixels[5, 5]
    parts.release()
    assert before == parts.images()[0].pixels[5, 5] == 1


@pytest.mark.faults
@pytest.mark.parametrize("cut", [100, 2879, 2880, 5000, 8000, 50_000])
@pytest.mark.parametrize("pack", ["plain", "gz", "bz2"])
def test_a_file_that_was_cut_is_refused_by_name(tmp_path, cut, pack):
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.ones((100, 200), np.float32), name="SCI")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes()
    if pack == "plain":
        content = content[:cut]
    else:
        content = {"gz": gzip.compress, "bz2": bz2.compress}[pack](content)
        content = content[: len(content) * 2 // 3]
    (tmp_path / "b.fits").write_bytes(content)
    if cut == 2880 and pack == "plain":  # whole, and without its image
        assert read_parts(tmp_path / "b.fits").images() == []
        return
    with warnings.catch_warnings(), pytest.raises(ImageError, match=r"b\.fits") as caught:
        warnings.simplefilter("ignore")
        read_parts(tmp_path / "b.fits")
    assert "\n" not in str(caught.value)


@pytest.mark.faults
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\0" * 10_000, b"SIMPLE"])
def test_what_is_no_fits_is_refused_by_name(tmp_path, content):
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.fits"):
        read_parts(tmp_path / "a.fits")


def test_a_part_is_named_in_brackets_unless_a_file_has_that_name(tmp_path):
    assert split_part("a.fits[SCI]")[1] == "SCI"
    assert split_part("a.fits")[1] is None
    odd = tmp_path / "a[1]"
    odd.touch()
    assert split_part(odd) == (odd, None)
