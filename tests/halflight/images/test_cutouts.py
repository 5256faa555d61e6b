import numpy as np
import pandas as pd
import pytest

from halflight import images
from halflight.images import ImageError, Options
from halflight.images.analytic import gaussian
from halflight.images.cutouts import _binned
from halflight.images.field import Pixels
from halflight.images.resampling import resampled
from halflight.quality import FLAGS, names_of
from tests.halflight.images.conftest import FWHM, SIGMA, blobs, tangent

PSF = gaussian(FWHM * 1.5, 25)


def table(*places):
    x, y = np.array(places, float).T
    return pd.DataFrame({"id": np.arange(len(x)), "x": x, "y": y, "status": ""})


def cut(image, places, *, size=32, chunk=256, sigma=SIGMA, psf=PSF, mask=None, **options):
    options = Options(**{"pixel_scale": 0.4, "zero_point": 22.5} | options)
    noise = np.full(image.shape, sigma, np.float32)
    field = images.field_of_arrays(image, noise, mask, options=options)
    opened = images.open_psf(psf, field, options=options)
    chunks = list(images.cutouts(field, table(*places), opened, size=size, chunk=chunk))
    rows = np.concatenate([each.rows for each in chunks])
    order = np.argsort(rows)
    return {
        name: np.concatenate([getattr(each, name) for each in chunks])[order]
        for name in images.Cutouts.__dataclass_fields__
    }


def names(cuts, row=0):
    return set(names_of(int(cuts["flags"][row]))) - {"no_orientation"}


def test_a_stamp_is_the_image_s_own_pixels_with_its_source_in_the_middle(image):
    cuts = cut(image, [(150.2, 100.7), (60.0, 50.0)])
    np.testing.assert_array_equal(cuts["image"][0], image[85:117, 135:167])
    assert cuts["dx"][0] == pytest.approx(150.2 - 135 - 15.5)
    assert np.abs(cuts["dx"]).max() <= 0.5
    assert np.abs(cuts["dy"]).max() <= 0.5
    np.testing.assert_array_equal(cuts["sigma"], SIGMA)
    assert cuts["image"].dtype == cuts["sigma"].dtype == cuts["psf"].dtype == np.float32
    assert cuts["psf"].shape == (2, 51, 51)
    np.testing.assert_allclose(cuts["psf"].sum(axis=(1, 2)), 1, rtol=1e-6)
    assert cuts["binning"].tolist() == [1, 1]
    assert cuts["pixel_scale"].tolist() == [0.4, 0.4]


def test_the_order_of_the_rows_and_the_chunk_change_nothing(image):
    places = [(150.2, 100.7), (60.0, 50.0), (240.0, 150.0), (20.0, 190.0), (280.0, 20.0)]
    whole, small = cut(image, places), cut(image, places, chunk=2)
    turned = cut(image, places[::-1])
    for name, values in whole.items():
        np.testing.assert_array_equal(values, small[name])
        if name != "rows":
            np.testing.assert_array_equal(values, turned[name][::-1])


def test_beyond_the_image_everything_is_bad_and_flagged(image):
    cuts = cut(image, [(3.0, 4.0), (150.0, 100.0)])
    assert np.isnan(cuts["image"][0][:11]).all()
    assert np.isinf(cuts["sigma"][0][:11]).all()
    np.testing.assert_array_equal(cuts["image"][0][11:, 12:], image[:21, :20])
    assert "edge" in names(cuts)
    assert "edge" not in names(cuts, 1)


def test_rows_with_a_status_are_left_out(image):
    field = images.field_of_arrays(image)
    sources = table((60.0, 50.0), (1e4, 50.0)).assign(status=["", "outside the image"])
    [chunk] = images.cutouts(field, sources, images.open_psf(PSF, field))
    assert chunk.rows.tolist() == [0]


def test_masked_and_full_pixels_of_a_source_are_flagged_and_those_far_off_are_not(image):
    mask = np.zeros(image.shape, np.uint8)
    mask[101, 151] = 1
    mask[40, 50] = 1  # within the other's stamp, but not in its light
    cuts = cut(image, [(150.2, 100.7), (60.0, 50.0)], mask=mask)
    assert "masked" in names(cuts)
    assert "masked" not in names(cuts, 1)
    full = image.copy()
    full[100, 150] = 1e6
    cuts = cut(full, [(150.2, 100.7), (60.0, 50.0)], saturation=1e5)
    assert names(cuts) >= {"saturated"}
    assert "masked" not in names(cuts)
    assert "saturated" not in names(cuts, 1)


def test_neighbours_are_counted_and_flagged_where_light_overlaps():
    image = blobs((200, 200), [(100, 100, 2e4, 3), (112, 100, 2e4, 3), (40, 40, 2e4, 3)])
    cuts = cut(image, [(100, 100), (112, 100), (40, 40)])
    assert "neighbour" in names(cuts, 0)
    assert "neighbour" in names(cuts, 1)
    assert "neighbour" not in names(cuts, 2)
    assert cuts["neighbours"].tolist() == [1, 1, 0]


def test_a_star_is_unresolved_and_a_galaxy_is_not():
    image = blobs((200, 200), [(50.3, 50.6, 2e4, 1.5), (150.4, 150.2, 2e4, 2.2)])
    cuts = cut(image, [(50.3, 50.6), (150.4, 150.2)])
    assert "unresolved" in names(cuts, 0)
    assert "unresolved" not in names(cuts, 1)


def test_unresolved_is_rarely_wrong():
    """Of stars at least 95 %, of galaxies a fifth wider than the PSF at most 5 %, at S/N 70."""
    places = [(40 + 45 * i, 40 + 45 * j) for i in range(8) for j in range(8)]
    generator = np.random.default_rng(7)
    places = [
        (x + a, y + b)
        for (x, y), (a, b) in zip(places, generator.uniform(-0.5, 0.5, (64, 2)), strict=True)
    ]
    for width, low, high in ((1.5, 0.95, 1.0), (1.8, 0.0, 0.05)):
        image = blobs((400, 400), [(x, y, 1500, width) for x, y in places], sigma=2.0)
        flags = cut(image, places)["flags"]
        assert low <= (flags & FLAGS["unresolved"] != 0).mean() <= high


def test_a_large_galaxy_is_binned_until_it_fits_and_its_light_is_kept():
    image = blobs((400, 400), [(200.0, 200.0, 2e6, 22.0), (60.0, 60.0, 5e3, 2.0)])
    cuts = cut(image, [(200.0, 200.0), (60.0, 60.0)], size=48)
    by, one = cuts["binning"].tolist()
    assert by in (4, 8)  # the light is seen to some 80 pixels: 4 hold it, if barely
    assert one == 1
    assert "larger_than_stamp" not in names(cuts)
    low, high = 200 - 24 * by + 1, 200 + 24 * by + 1
    window = image[max(low, 0) : high, max(low, 0) : high]
    inside = np.isfinite(cuts["image"][0])
    np.testing.assert_allclose(cuts["image"][0][inside].sum(), window.sum(), rtol=1e-3)
    np.testing.assert_allclose(cuts["sigma"][0][inside], by * SIGMA, rtol=0.5)
    np.testing.assert_allclose(np.median(cuts["sigma"][0]), by * SIGMA, rtol=1e-5)
    np.testing.assert_allclose(cuts["pixel_scale"], [0.4 * by, 0.4])
    assert cuts["psf"][0].sum() == pytest.approx(1)
    np.testing.assert_allclose(
        cuts["psf"][0], resampled(cuts["psf"][1].astype(float), by, 51), atol=1e-6
    )


def test_a_large_galaxy_in_pixels_finer_than_its_psf_needs_is_binned():
    """It would fit; but of fine pixels each holds little light. At an edge it stays as it is."""
    places = [(200.0, 200.0), (80.0, 200.0), (45.0, 45.0), (300.0, 80.0)]
    widths = (10.0, 4.0, 10.0, 1.7 * 2)  # the last is a star
    image = blobs((400, 400), [(*at, 2e4, w) for at, w in zip(places, widths, strict=True)])
    fine = gaussian(2.355 * 1.7 * 2, 41)
    cuts = cut(image, places, size=96, psf=fine)
    assert cuts["binning"].tolist() == [2, 1, 1, 1]
    assert "unresolved" in names(cuts, 3)
    assert not any("unresolved" in names(cuts, row) for row in range(3))
    coarse = cut(image, places, size=96, psf=gaussian(3.0, 41))
    assert coarse["binning"].tolist() == [1, 1, 1, 1]


def test_a_star_of_a_wide_psf_is_unresolved_in_wider_pixels_too():
    width = 9.0  # pixels of rms: binned, as a galaxy of its size would be
    image = blobs((400, 400), [(200.2, 200.4, 2e5, width)])
    cuts = cut(image, [(200.2, 200.4)], size=96, psf=gaussian(2.355 * width, 121))
    assert cuts["binning"].tolist() == [2]
    assert "unresolved" in names(cuts)


def test_one_that_no_stamp_can_hold_is_flagged():
    image = blobs((400, 400), [(200.0, 200.0, 2e6, 22.0)])
    field = images.field_of_arrays(image)
    psf = images.open_psf(PSF, field)
    [chunk] = images.cutouts(field, table((200.0, 200.0)), psf, size=48, most_binning=2)
    assert chunk.binning.tolist() == [2]
    assert "larger_than_stamp" in names_of(int(chunk.flags[0]))


def test_binning_sums_and_marks_what_is_half_bad():
    pixels = Pixels(
        np.arange(16, dtype=np.float32).reshape(4, 4),
        np.full((4, 4), 2, np.float32),
        np.zeros((4, 4), bool),
    )
    pixels.image[0, 0] = np.nan
    pixels.sigma[0, 0] = np.inf
    pixels.image[2:, 2], pixels.sigma[2:, 2] = np.nan, np.inf
    binned = _binned(pixels, 2)
    # Three pixels of four stand for four: (1 + 4 + 5) 4 / 3, with the error of three, 4 / 3 wide.
    np.testing.assert_allclose(binned.image, [[40 / 3, 18], [42, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(binned.sigma, [[np.sqrt(12) * 4 / 3, 4], [4, np.inf]], rtol=1e-6)


def test_a_local_sky_is_taken_off_by_the_stamp_s_border(image):
    y, _ = np.indices(image.shape)
    tilted = (image + 0.05 * y + 100).astype(np.float32)
    cuts = cut(tilted, [(60.0, 50.0), (240.0, 150.0)], background="local")
    border = cuts["image"][:, :4].reshape(2, -1)
    assert np.abs(np.median(border, axis=1)).max() < 1.0
    assert np.median(cut(tilted, [(60.0, 50.0)])["image"][0]) > 90


def test_a_pedestal_does_not_make_every_source_a_large_one(image):
    cuts = cut(image + 5000, [(150.2, 100.7)])
    assert cuts["binning"].tolist() == [1]
    assert "larger_than_stamp" not in names(cuts)


def test_scale_and_orientation_are_those_of_the_place(image, write):
    path = write(image, cards=tangent(0.4, image.shape, angle=30.0, parity=-1))
    field = images.open_field(path)
    [chunk] = images.cutouts(field, table((60.0, 50.0)), images.open_psf(PSF, field), size=32)
    scale, rotation, parity = field.scale_and_orientation(np.array([60.0]), np.array([50.0]))
    assert chunk.pixel_scale[0] == scale[0] == pytest.approx(0.4, rel=1e-4)
    assert (chunk.rotation[0], chunk.parity[0]) == (rotation[0], parity[0])
    assert parity[0] == -1


def test_a_doubtful_psf_and_the_field_s_own_flags_are_on_every_row(image):
    field = images.field_of_arrays(image)
    psf = images.open_psf("gaussian:3px", field)
    [chunk] = images.cutouts(field, table((60.0, 50.0), (150.0, 100.0)), psf)
    for flags in chunk.flags:
        found = set(names_of(int(flags)))
        assert found >= {"psf_doubtful", "noise_measured", "no_zero_point", "no_pixel_scale"}


@pytest.mark.parametrize("size", [31, 0, 6])
def test_an_impossible_size_is_refused(image, size):
    with pytest.raises(ImageError, match="size"):
        cut(image, [(60.0, 50.0)], size=size)
