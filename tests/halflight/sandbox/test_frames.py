import bz2
import io
from collections.abc import Iterator

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import map_coordinates

from halflight.instrument import dark_variance, gain
from halflight.params.sandbox import Defects, Residual
from halflight.sandbox.addresses import Address
from halflight.sandbox.frames import add_defects, draw_residual
from halflight.sandbox.streams import Purpose, stream
from halflight.sandbox.synthetic import SyntheticSky


@pytest.fixture(scope="module")
def content(synthetic_sky: SyntheticSky) -> bytes:
    made = synthetic_sky.file(Address(synthetic_sky.fields[0], "r").path)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def hdus(content: bytes) -> Iterator[fits.HDUList]:
    with fits.open(io.BytesIO(bz2.decompress(content)), memmap=False) as opened:
        yield opened


def test_the_format_is_sdsss(
    hdus: fits.HDUList, content: bytes, synthetic_sky: SyntheticSky
) -> None:
    key = synthetic_sky.fields[0]
    header = hdus[0].header
    assert hdus[0].data.shape == (1489, 2048)
    assert hdus[0].header["BITPIX"] == -32
    assert (header["RUN"], header["CAMCOL"], header["FRAME"]) == key
    assert (header["FILTER"], header["RERUN"], header["BUNIT"]) == ("r", "301", "nanomaggy")
    assert header["ORIGIN"] == "SYNTHETIC"
    assert hdus[1].data.shape == (2048,)
    assert hdus[1].data.mean() == pytest.approx(header["NMGY"], rel=0.002)
    assert hdus[2].data["ALLSKY"].shape == (1, 192, 256)
    assert hdus[2].data["XINTERP"].shape == (1, 2048)
    assert hdus[2].data["YINTERP"].shape == (1, 1489)
    assert len(content) < 4_500_000  # real frames take 3 to 4 MB


def test_the_affine_astrometry_agrees_with_the_header(hdus: fits.HDUList) -> None:
    wcs, affine = WCS(hdus[0].header), hdus[3].data[0]
    for row, column in ((0.5, 0.5), (744.5, 1024.5), (1488.5, 2047.5)):
        ra, dec = wcs.all_pix2world(column - 0.5, row - 0.5, 0)
        assert affine["A"] + affine["B"] * row + affine["C"] * column == pytest.approx(ra, abs=3e-4)
        assert affine["D"] + affine["E"] * row + affine["F"] * column == pytest.approx(
            dec, abs=3e-4
        )


def test_empty_sky_has_the_noise_of_the_data_model(
    hdus: fits.HDUList, synthetic_sky: SyntheticSky
) -> None:
    image, calib, sky = hdus[0].data.astype(float), hdus[1].data, hdus[2].data[0]
    x, y = np.meshgrid(sky["XINTERP"], sky["YINTERP"])
    counts = image / calib + map_coordinates(
        sky["ALLSKY"].astype(float), [y, x], order=1, mode="nearest"
    )
    key = synthetic_sky.fields[0]
    camera = ("r", key.camcol, key.run)
    sigma = calib * np.sqrt(np.maximum(counts, 0) / gain(*camera) + dark_variance(*camera))
    # Differences are free of smooth light, the median block is free of objects.
    scaled = (image[:, 1:] - image[:, :-1]) / np.hypot(sigma[:, 1:], sigma[:, :-1])
    blocks = scaled[:1472, :2016].reshape(46, 32, 63, 32)
    spread = np.median(blocks.std(axis=(1, 3)))
    assert spread == pytest.approx(1.0, abs=0.03)
    neighbours = np.median((blocks[:, :, :, :-2] * blocks[:, :, :, 2:]).mean(axis=(1, 3)))
    assert abs(neighbours) < 0.02


def test_stars_are_where_catalogue_and_astrometry_say(
    hdus: fits.HDUList, synthetic_sky: SyntheticSky
) -> None:
    key = synthetic_sky.fields[0]
    objects = synthetic_sky.tables()["PhotoObjAll"]
    here = objects[objects["fieldID"] == key.field_id]
    column, row = WCS(hdus[0].header).all_world2pix(here["ra"], here["dec"], 0)
    np.testing.assert_allclose(column + 0.5, here["colc_r"], atol=1e-3)
    np.testing.assert_allclose(row + 0.5, here["rowc_r"], atol=1e-3)
    stars = here[(here["type"] == 6) & here["psfMag_r"].between(13, 18) & (here["mode"] == 1)]
    stars = stars[stars["colc_r"].between(20, 2020)]
    offsets = []
    for x, y in zip(stars["colc_r"] - 0.5, stars["rowc_r"] - 0.5, strict=True):
        left, bottom = round(x) - 5, round(y) - 5
        cut = hdus[0].data[bottom : bottom + 11, left : left + 11].astype(float)
        pixel = np.arange(11)
        mean = np.array([cut.sum(axis=0) @ pixel, cut.sum(axis=1) @ pixel]) / cut.sum()
        offsets.append(mean - (x - left, y - bottom))
    assert len(offsets) >= 10
    assert np.abs(np.median(offsets, axis=0)).max() < 0.08
    assert np.median(np.hypot(*np.transpose(offsets))) < 0.3


def test_overlapping_fields_show_the_same_objects(synthetic_sky: SyntheticSky) -> None:
    objects = synthetic_sky.tables()["PhotoObjAll"]
    first, second = (
        objects[objects["fieldID"] == key.field_id].set_index("thingId")
        for key in synthetic_sky.fields
    )
    both = first.index.intersection(second.index)
    assert len(both) > 20
    distance = np.hypot(
        first.loc[both, "ra"] - second.loc[both, "ra"],
        first.loc[both, "dec"] - second.loc[both, "dec"],
    )
    assert np.median(distance) * 3600 < 0.2
    assert (first.loc[both, "rowc_r"] > 1300).all()
    assert (first.loc[both, "mode"] + second.loc[both, "mode"] == 3).mean() > 0.95


def test_residuals_have_their_size() -> None:
    residual = Residual(level=0.002, gradient=0.003, ripple=0.001, ripple_wavelength=(150, 600))
    frames = [draw_residual(residual, stream(1, Purpose.SKY, k)) for k in range(12)]
    assert 0.0008 < np.std([frame.mean() for frame in frames]) < 0.004
    assert all(0 < frame.std() < 0.01 for frame in frames)
    assert all(frame.shape == (1489, 2048) and frame.dtype == np.float32 for frame in frames)


def test_defects_touch_few_pixels() -> None:
    defects = Defects(
        cosmic_rays=5, cosmic_ray_flux=(0.3, 10), bad_columns=2, bad_column_offset=0.03
    )
    image = np.zeros((1489, 2048), dtype=np.float32)
    add_defects(image, defects, stream(1, Purpose.DEFECTS))
    assert image.max() > 0.29
    assert 0 < np.count_nonzero(image) < 12 * 8 + 8 * 1489
