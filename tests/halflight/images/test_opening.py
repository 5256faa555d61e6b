import numpy as np
import pytest
from astropy.io import fits

from halflight import images
from halflight.images import ImageError, Options
from halflight.quality import FLAGS
from tests.halflight.images.conftest import SIGMA, blobs, tangent

WHOLE = slice(0, 200), slice(0, 300)


def pixels(path, **options):
    field = images.open_field(path, Options(**options))
    return field, field.read(*WHOLE)


def flagged(field, *names):
    return all(field.flags & FLAGS[name] for name in names)


def test_a_plain_image_says_what_it_knows_and_flags_the_rest(image, write):
    field, read = pixels(write(image, cards=tangent()))
    assert field.instrument.unit == "nanomaggy"
    assert field.zero_point == 22.5
    assert field.pixel_scale == pytest.approx(0.4, rel=1e-5)
    np.testing.assert_array_equal(read.image, image)
    assert np.median(read.sigma) == pytest.approx(SIGMA, rel=0.05)
    assert field.flags == FLAGS["noise_measured"]
    bare, _ = pixels(write(image, "bare.fits", BUNIT=""))
    assert bare.flags == sum(
        FLAGS[n] for n in ("noise_measured", "no_zero_point", "no_pixel_scale", "no_orientation")
    )
    said = " ".join(bare.notes)
    for option in ("--unit", "--zero-point", "--pixel-scale", "--gain"):
        assert option in said


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i2", ">i4"])
def test_the_numbers_of_an_image_do_not_depend_on_how_they_are_stored(image, write, kind):
    whole = np.rint(image * 10)
    field, read = pixels(write(whole.astype(kind)))
    assert read.image.dtype == np.float32
    assert read.image.dtype.isnative
    np.testing.assert_array_equal(read.image, whole)
    assert np.isfinite(read.sigma).all()
    assert field.shape == (200, 300)


def test_each_kind_of_noise_map_gives_the_same_sigma(image, write, tmp_path):
    sigma = np.random.default_rng(2).uniform(1, 3, image.shape).astype(np.float32)
    path = write(image)
    for kind, values in (("rms", sigma), ("variance", sigma**2), ("weight", sigma**-2)):
        file = write(values, f"{kind}.fits")
        _, read = pixels(path, **{kind: file})
        np.testing.assert_allclose(read.sigma, sigma, rtol=1e-5)


def test_a_weight_of_zero_a_mask_a_full_pixel_and_nan_are_bad(image, write):
    weight = np.full(image.shape, 0.25, np.float32)
    weight[10, 10] = 0
    mask = np.zeros(image.shape, np.int32)
    mask[20, 20] = 5
    image[30, 30], image[40, 40] = np.nan, 1e5
    path = write(image, SATURATE=5e4)
    field, read = pixels(path, weight=write(weight, "w.fits"), mask=write(mask, "m.fits"))
    bad = ~np.isfinite(read.image)
    assert [tuple(place) for place in np.argwhere(bad)] == [(10, 10), (20, 20), (30, 30), (40, 40)]
    np.testing.assert_array_equal(np.isinf(read.sigma), bad)
    assert np.argwhere(read.saturated).tolist() == [[40, 40]]
    assert field.saturation == 5e4


def lsst(image, planes, bits):
    variance = np.full(image.shape, SIGMA**2, np.float32)
    hdus = [
        fits.PrimaryHDU(),
        fits.ImageHDU(image, tangent()),
        fits.ImageHDU(bits, tangent()),
        fits.ImageHDU(variance, tangent()),
    ]
    for hdu, name in zip(hdus[1:], ("IMAGE", "MASK", "VARIANCE"), strict=True):
        hdu.header["EXTTYPE"] = name
    hdus[0].header["FLUXMAG0"] = 10**10.8
    for name, bit in planes.items():
        hdus[2].header[f"HIERARCH MP_{name}"] = bit
    return fits.HDUList(hdus)


def test_an_lsst_file_brings_its_noise_and_the_planes_that_are_bad(image, tmp_path):
    bits = np.zeros(image.shape, np.uint16)
    bits[5, 5], bits[6, 6], bits[7, 7], bits[8, 8] = 1 << 0, 1 << 1, 1 << 5, 1 << 15
    planes = {"BAD": 0, "SAT": 1, "DETECTED": 5, "NO_DATA": 15}
    path = tmp_path / "calexp.fits"
    lsst(image, planes, bits).writeto(path)
    field, read = pixels(path)
    assert np.argwhere(np.isnan(read.image)).tolist() == [[5, 5], [6, 6], [8, 8]]
    assert np.argwhere(read.saturated).tolist() == [[6, 6]]
    np.testing.assert_allclose(read.sigma[0, 0], SIGMA)
    assert field.zero_point == pytest.approx(27.0)
    _, chosen = pixels(path, mask_planes=("detected",))
    assert np.argwhere(np.isnan(chosen.image)).tolist() == [[6, 6], [7, 7]]
    _, some = pixels(path, mask_bits=1)
    assert np.argwhere(np.isnan(some.image)).tolist() == [[5, 5]]
    with pytest.raises(ImageError, match="--mask-planes"):
        pixels(path, mask_planes=("COSMIC",))


def test_named_extensions_are_found_in_any_order(image, tmp_path):
    names = {"DQ": np.zeros(image.shape, np.int32), "ERR": np.full(image.shape, 3.0, np.float32)}
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(v, name=k) for k, v in names.items())]
    fits.HDUList([*hdus, fits.ImageHDU(image, name="SCI")]).writeto(tmp_path / "a.fits")
    _, read = pixels(tmp_path / "a.fits")
    np.testing.assert_array_equal(read.image, image)
    assert (read.sigma == 3).all()


def test_several_images_are_asked_about_and_named_in_brackets(image, tmp_path):
    path = tmp_path / "bands.fits"
    weight = np.ones_like(image)
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(a) for a in (image, weight, image + 9, weight))]
    fits.HDUList(hdus).writeto(path)
    with pytest.raises(ImageError, match=r"4 images.*--hdu"):
        images.open_field(path)
    _, read = pixels(f"{path}[3]", weight=f"{path}[4]")
    np.testing.assert_array_equal(read.image, image + 9)
    assert (read.sigma == 1).all()
    with pytest.raises(ImageError, match=r"--weight"):
        pixels(f"{path}[3]", weight=path)
    with pytest.raises(ImageError, match="no part '9'"):
        images.open_field(f"{path}[9]")


def test_a_cube_asks_for_its_plane(image, write):
    cube = np.stack([image, image + 5])
    path = write(cube)
    with pytest.raises(ImageError, match=r"cube of 2 planes.*--plane"):
        images.open_field(path)
    np.testing.assert_array_equal(pixels(path, plane=1)[1].image, image + 5)
    with pytest.raises(ImageError, match="planes 0 to 1"):
        pixels(path, plane=2)
    np.testing.assert_array_equal(pixels(write(image[None], "one.fits"))[1].image, image)


@pytest.mark.parametrize("background", ["keep", "global", "mesh"])
def test_a_sky_that_is_left_in_is_said_or_taken_off(image, write, background):
    field, read = pixels(write(image + 500), background=background)
    level = np.median(read.image)
    assert level == pytest.approx(500 if background == "keep" else 0, abs=0.2)
    assert field.level(20, 20) == pytest.approx(500 if background == "keep" else 0, abs=0.2)
    assert any("--background" in note for note in field.notes) == (background == "keep")


def test_a_measured_sigma_counts_the_photons_of_a_source(write):
    image = blobs((200, 300), [(150, 100, 1e6, 3.0)])
    field, read = pixels(write(image + 300, BUNIT="ADU", GAIN=4.0, RDNOISE=1.0))
    peak = read.image[100, 150] - 300
    assert read.sigma[100, 150] == pytest.approx(np.sqrt(SIGMA**2 + peak / 4), rel=0.05)
    assert read.sigma[5, 5] == pytest.approx(SIGMA, rel=0.1)
    assert flagged(field, "noise_measured")
    _, read = pixels(write(image, "r.fits", BUNIT="ADU", GAIN=1.0, RDNOISE=50.0))
    assert read.sigma[5, 5] == pytest.approx(50)


def test_a_noise_map_of_another_kind_than_said_is_noted(image, write):
    field, _ = pixels(write(image), variance=write(np.full_like(image, 400.0), "v.fits"))
    assert any("--variance" in note for note in field.notes)
    honest, _ = pixels(write(image, "b.fits"), variance=write(np.full_like(image, 4.0), "w.fits"))
    assert not any("--variance" in note for note in honest.notes)


def test_a_scale_given_by_hand_settles_a_contradiction_and_ends_the_angles(image, write):
    lost = {k: v for k, v in tangent().items() if not k.startswith("CD")}
    lost |= {"CDELT1": -1e-5, "CDELT2": 1e-5, "PC1_1": 0.64, "PC2_2": 0.64}
    path = write(image, cards=lost)
    with pytest.raises(ImageError, match=r"contradicts itself.*--pixel-scale"):
        images.open_field(path)
    field, _ = pixels(path, pixel_scale=0.036)
    assert field.pixel_scale == 0.036
    assert flagged(field, "no_orientation")
    scale, rotation, parity = field.scale_and_orientation(np.array([5.0]), np.array([5.0]))
    assert (scale[0], parity[0]) == (0.036, 0)
    assert np.isnan(rotation[0])
    other, _ = pixels(write(image, "b.fits", cards=tangent()), pixel_scale=0.5)
    assert other.pixel_scale == 0.5
    assert flagged(other, "no_orientation")


def test_arrays_open_as_a_file_with_the_same_numbers_does(image):
    sigma = np.full(image.shape, 2.0, ">f8")
    mask = np.zeros(image.shape, bool)
    mask[3, 4] = True
    field = images.field_of_arrays(
        np.ma.masked_equal(image.astype(">f4"), image[7, 7]),
        sigma,
        mask,
        options=Options(unit="nanomaggy", zero_point=22.5, pixel_scale=0.3),
    )
    read = field.read(*WHOLE)
    assert np.argwhere(np.isnan(read.image)).tolist() == [[3, 4], [7, 7]]
    assert (read.sigma[~np.isnan(read.image)] == 2).all()
    assert field.pixel_scale == 0.3
    with pytest.raises(ImageError, match="sigma has"):
        images.field_of_arrays(image, sigma[1:])


@pytest.mark.faults
def test_images_that_cannot_be_measured_are_refused_in_one_line(image, write, tmp_path):
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([])]).writeto(
        tmp_path / "table.fits"
    )
    cases = {
        "no image": tmp_path / "table.fits",
        "no such file": tmp_path / "absent.fits",
        "fewer than 16": write(image[:4, :8], "small.fits"),
        "does not scatter": write(np.zeros((50, 50), np.float32), "zeros.fits"),
        "no pixel is usable": write(np.full((50, 50), np.nan, np.float32), "nan.fits"),
        "axes": write(np.zeros((2, 2, 30, 30), np.float32), "4d.fits"),
        "not understood": write(image, "unit.fits", BUNIT="furlong"),
    }
    for message, path in cases.items():
        with pytest.raises(ImageError, match=message) as caught:
            images.open_field(path)
        assert path.name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(ImageError, match="one at a time"):
        images.open_field([cases["axes"], cases["axes"]])
    with pytest.raises(ImageError, match=r"\(199, 300\) pixels.*--rms"):
        images.open_field(write(image, "x.fits"), Options(rms=write(image[1:], "y.fits")))


def test_an_sdss_frame_has_the_noise_that_the_survey_s_own_path_gives(recorded_sky):
    from halflight.instrument import dark_variance, gain
    from halflight.surveys.frames import read_frame

    path = recorded_sky / ("sas/dr17/eboss/photoObj/frames/301/94/1/frame-r-000094-1-0012.fits.bz2")
    frame = read_frame(
        path.read_bytes(),
        run=94,
        camcol=1,
        field=12,
        band="r",
        gain=gain("r", 1, 94),
        dark_variance=dark_variance("r", 1, 94),
    )
    field = images.open_field(path)
    window = slice(700, 900), slice(300, 500)
    read = field.read(*window)
    np.testing.assert_array_equal(read.image, frame.image[window])
    np.testing.assert_array_equal(read.sigma, frame.sigma[window])
    assert (field.instrument.name, field.instrument.bands) == ("SDSS", ("r",))
    assert field.flags == 0
    plain = images.open_field(path, Options(hdu=0))
    assert flagged(plain, "noise_measured")
