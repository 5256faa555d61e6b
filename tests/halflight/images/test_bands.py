"""Bands of a field: laid on one of them by their coordinates, or refused in one line."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from halflight import images
from halflight.images import ImageError, Options
from halflight.quality import FLAGS
from tests.bands_of_a_field import FACTS, NOISE, SOURCES, card, options, psf_of, write_field

SIZE = 20


@pytest.fixture
def catalogue():
    table = pd.DataFrame(SOURCES, columns=["x", "y", "magnitude", "extent"])
    return table.assign(id=range(len(table)))


def opened(folder, bands="ugriz", **more):
    settings = images.options_by_band(options(bands) | more, list(bands))
    rms = {band: folder / f"{band}.rms.fits" for band in bands}
    return {
        band: images.open_field(
            folder / f"{band}.fits",
            images.options_by_band({"rms": rms, **options(bands)}, bands)[band],
        )
        for band in settings
    }


def laid(folder, catalogue, bands="ugriz", reference="r"):
    """The stamps of all sources, in the order of the reference and then the others."""
    fields = images.checked_bands(opened(folder, bands), reference)
    sources = images.read_sources(catalogue, fields[reference], Options(first_pixel=0))
    places = images.places_in(fields, sources)
    psfs = {
        band: images.open_psf(psf_of(band), field, sources, Options(psf_size=9))
        for band, field in fields.items()
    }
    [cut] = images.cutouts_of_bands(fields, psfs, sources, places, size=SIZE)
    return list(fields), cut


def centroid(image):
    at = np.arange(SIZE) - (SIZE - 1) / 2
    light = image[4:-4, 4:-4]
    at = at[4:-4]
    return (light * at).sum() / light.sum(), (light * at[:, None]).sum() / light.sum()


def test_every_band_has_its_source_where_the_reference_has_it_and_as_bright(tmp_path, catalogue):
    order, cut = laid(write_field(tmp_path), catalogue)
    assert order == ["r", "u", "g", "i", "z"]
    assert cut.image.shape == (4, SIZE, SIZE, 5)
    assert cut.psf.shape == (4, 9, 9, 5)
    where = {int(row): place for place, row in enumerate(cut.rows)}
    for row in (0, 2):  # stars; a sum is of the whole light
        place, flux = where[row], 10 ** (0.4 * (22.5 - SOURCES[row][2]))
        for number in range(5):
            image = cut.image[place, ..., number]
            x, y = centroid(image)
            assert abs(x - cut.dx[place]) < 0.1
            assert abs(y - cut.dy[place]) < 0.1
            assert image.sum() == pytest.approx(flux, rel=0.02)
    assert np.median(cut.sigma[where[0], ..., 0]) == pytest.approx(NOISE, rel=1e-5)
    # An interpolated pixel scatters less; sigma says so.
    assert (cut.sigma[where[0], ..., 1:] <= NOISE * 1.01).all()
    assert (cut.sigma[where[0], ..., 1:] > NOISE * 0.65).all()


def test_what_a_band_does_not_hold_is_nan_in_that_band_alone(tmp_path, catalogue):
    order, cut = laid(write_field(tmp_path), catalogue)
    place = int(np.flatnonzero(cut.rows == 3)[0])  # 6 pixels from the edge of r, beyond that of i
    seen = {band: np.isfinite(cut.image[place, ..., n]) for n, band in enumerate(order)}
    assert cut.flags[place] & FLAGS["edge"]
    assert seen["r"][:, :10].all()
    assert not seen["i"][:, 10:].any()
    assert (np.isinf(cut.sigma[place, ..., order.index("i")]) == ~seen["i"]).all()


def test_the_reference_may_be_any_band_and_the_order_any(tmp_path, catalogue):
    order, cut = laid(write_field(tmp_path), catalogue, bands="zr", reference="r")
    other = catalogue.assign(x=catalogue["x"] + FACTS["z"][0], y=catalogue["y"] + FACTS["z"][1])
    turned, of_z = laid(tmp_path, other, bands="rz", reference="z")
    assert (order, turned) == (["r", "z"], ["z", "r"])
    one, two = (each.image[list(each.rows).index(0)] for each in (cut, of_z))
    np.testing.assert_allclose(one.sum((0, 1)), two[..., ::-1].sum((0, 1)), rtol=0.02)


def test_a_full_pixel_of_another_band_flags_the_source(tmp_path, catalogue):
    write_field(tmp_path, "gr")
    given = {"saturation": {"g": 60.0, "r": 1e9}, "rms": None}
    settings = images.options_by_band(options("gr") | given, list("gr"))
    fields = {b: images.open_field(tmp_path / f"{b}.fits", settings[b]) for b in "gr"}
    fields = images.checked_bands(fields, "r")
    sources = images.read_sources(catalogue, fields["r"], Options(first_pixel=0))
    psfs = {b: images.open_psf(psf_of(b), field) for b, field in fields.items()}
    places = images.places_in(fields, sources)
    [cut] = images.cutouts_of_bands(fields, psfs, sources, places, size=SIZE)
    full = {int(r): bool(f & FLAGS["saturated"]) for r, f in zip(cut.rows, cut.flags, strict=True)}
    assert full[0]
    assert not full[1]


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        (
            {"g": {"scale": 0.8}},
            r'g\.fits \(band g\) has 0\.8" a pixel, and r\.fits \(band r\) 0\.4"',
        ),
        ({"g": False}, r"g\.fits \(band g\) has no sky coordinates"),
        (
            {"g": {"at": (10.0, -40.0)}},
            r"g\.fits \(band g\) lies elsewhere on the sky: it holds none",
        ),
        (
            {"g": {"turn": 3.0}},
            r"g\.fits \(band g\) is turned against the reference by 0\.\d\d pix",
        ),
    ],
)
def test_a_band_that_cannot_be_laid_is_refused_in_one_line(tmp_path, catalogue, cards, message):
    write_field(tmp_path, "gr", **cards)
    with pytest.raises(ImageError, match=message) as caught:
        laid(tmp_path, catalogue, "gr")
    assert "\n" not in str(caught.value)


def test_bands_and_what_is_said_of_them_are_held_against_each_other(tmp_path):
    with pytest.raises(ImageError, match="--bands names g twice"):
        images.check_names(["u", "g", "g"])
    with pytest.raises(ImageError, match="must name a band for each image"):
        images.check_names(["u", ""])
    with pytest.raises(
        ImageError, match=r"--zero-point names the band 'y', of which .* \(there are g"
    ):
        images.options_by_band({"zero_point": {"y": 25.0}}, ["g", "r"])
    with pytest.raises(ImageError, match="--reference must be one of the bands g, i, received 'r'"):
        images.reference_of(["g", "i"], "r")
    assert images.reference_of(["g", "i"]) == "g"
    assert images.reference_of(["z", "r"]) == "r"
    given = images.options_by_band({"zero_point": {"g": 25.0}, "background": "mesh"}, ["g", "r"])
    assert (given["g"].zero_point, given["r"].zero_point) == (25.0, None)
    assert {each.background for each in given.values()} == {"mesh"}
    write_field(tmp_path, "gr")
    fields = opened(tmp_path, "gr")
    with pytest.raises(ImageError, match=r"r\.fits \(band g\) says that its filter is r"):
        images.checked_bands({"g": fields["r"], "r": fields["g"]}, "r")
    bare = images.open_field(tmp_path / "g.fits", Options())
    with pytest.raises(ImageError, match=r"--zero-point g=MAGNITUDE"):
        images.checked_bands({"g": bare, "r": fields["r"]}, "r")


def test_one_band_needs_no_coordinates(tmp_path):
    fits.writeto(tmp_path / "x.fits", fits.getdata(write_field(tmp_path, "r") / "r.fits"))
    field = images.open_field(tmp_path / "x.fits", Options(zero_point=22.5, pixel_scale=0.4))
    assert images.checked_bands({"r": field}, "r")["r"].instrument.bands == ("r",)
    assert card()["CTYPE1"] == "RA---TAN"


def test_dust_comes_by_number_by_column_or_by_the_columns_that_are_there(tmp_path):
    table = pd.DataFrame({"id": [1, 2], "A_G": [0.1, np.nan], "extinction_u": [0.3, 0.4]})
    found = images.extinction_by_band(table, {"g": "A_G", "r": 0.2}, ["u", "g", "r", "i"], 2)
    np.testing.assert_array_equal(found, [[0.3, 0.1, 0.2, np.nan], [0.4, np.nan, 0.2, np.nan]])
    assert images.extinction_by_band(table, None, ["i"], 2) is None
    assert images.extinction_by_band(None, None, ["i"], 2) is None
    with pytest.raises(
        ImageError, match=r"--extinction g='A_X': there is no such column in the ta"
    ):
        images.extinction_by_band(table, {"g": "A_X"}, ["g"], 2)
    with pytest.raises(ImageError, match=r"--extinction of g must be 0 to 100 .* -1 for row 0"):
        images.extinction_by_band(table, {"g": -1.0}, ["g"], 2)
    with pytest.raises(ImageError, match=r"there is no catalogue"):
        images.extinction_by_band(None, {"g": "A_G"}, ["g"], 2)
    with pytest.raises(ImageError, match=r"--extinction names the band 'y'"):
        images.extinction_by_band(table, {"y": 0.1}, ["g"], 2)


def test_frames_are_laid_as_a_survey_lays_them(recorded_sky):
    from halflight.surveys.frames import Frame
    from halflight.surveys.registration import register

    frames = recorded_sky / "sas/dr17/eboss/photoObj/frames/301/94/1"
    paths = {band: frames / f"frame-{band}-000094-1-0012.fits.bz2" for band in "gr"}
    if not all(path.is_file() for path in paths.values()):
        pytest.skip(f"no frames of g and r in {frames}")
    fields = images.checked_bands({b: images.open_field(p) for b, p in paths.items()}, "r")
    table = pd.DataFrame({"id": [1, 2], "x": [700.3, 1500.8], "y": [400.2, 900.6]})
    sources = images.read_sources(table, fields["r"], Options(first_pixel=0))
    places = images.places_in(fields, sources)
    psfs = {b: images.open_psf("gaussian:3px", field) for b, field in fields.items()}
    [cut] = images.cutouts_of_bands(fields, psfs, sources, places, size=48)
    whole = fields["g"].read(slice(0, fields["g"].shape[0]), slice(0, fields["g"].shape[1]))
    nothing = np.zeros(0)
    frame = Frame("g", whole.image, whole.sigma, nothing, nothing, fields["g"].sky.wcs)
    for place, row in enumerate(cut.rows):
        left, top = (
            round(float(at) - 23.5 - float(by))
            for at, by in zip(
                table.loc[row, ["x", "y"]], (cut.dx[place], cut.dy[place]), strict=True
            )
        )
        image, sigma = register(frame, fields["r"].sky.wcs, top, left, 48)
        noise = np.median(sigma)
        np.testing.assert_allclose(cut.image[place, ..., 1], image, atol=0.05 * noise)
        np.testing.assert_allclose(cut.sigma[place, ..., 1], sigma, rtol=0.01)
