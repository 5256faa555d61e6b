import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from halflight import images
from halflight.images import ImageError, Options
from tests.halflight.images.conftest import SOURCES, tangent


@pytest.fixture
def field(image, write):
    return images.open_field(write(image, cards=tangent()))


@pytest.fixture
def flat(image, write):
    return images.open_field(write(image, "flat.fits"))


def positions(field):
    x, y = (np.array([source[k] for source in SOURCES]) for k in (0, 1))
    return x, y, *field.sky.sky(x, y).T


FORMATS = {
    "fits": lambda t, p: t.write(p),
    "ecsv": lambda t, p: t.write(p),
    "csv": lambda t, p: t.write(p),
    "vot": lambda t, p: t.write(p, format="votable"),
    "parquet": lambda t, p: t.to_pandas().to_parquet(p),
}


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_sources(field, tmp_path, ending):
    x, y, ra, dec = positions(field)
    ids = np.array([1237648720693755918, 2, 9007199254740993])
    path = tmp_path / f"catalogue.{ending}"
    FORMATS[ending](Table({"objID": ids, "RA": ra, "Dec": dec}), path)
    sources = images.read_sources(path, field)
    assert sources["id"].tolist() == ids.tolist()
    np.testing.assert_allclose(sources[["x", "y"]], np.transpose([x, y]), atol=1e-5)
    assert sources["status"].tolist() == ["", "", ""]


@pytest.mark.parametrize("first", [0, 1])
def test_pixels_count_from_where_they_are_said_to(flat, first):
    table = pd.DataFrame({"name": ["a", "007", "c"], "x": [5.0, 6, 7], "y": [8.0, 9, 10]})
    sources = images.read_sources(table, flat, Options(first_pixel=first))
    np.testing.assert_array_equal(sources["x"], np.array([5.0, 6, 7]) - first)
    assert sources["id"].tolist() == ["a", "007", "c"]
    assert sources["ra"].isna().all()
    with pytest.raises(ImageError, match="--first-pixel"):
        images.read_sources(table, flat)


def test_programs_that_say_where_they_count_from_are_believed(flat):
    for names, first in ((("X_IMAGE", "Y_IMAGE"), 1), (("xcentroid", "ycentroid"), 0)):
        table = pd.DataFrame(dict(zip(names, ([20.0], [30.0]), strict=True)))
        sources = images.read_sources(table, flat)
        assert sources[["x", "y"]].to_numpy().tolist() == [[20.0 - first, 30.0 - first]]


def test_sky_is_preferred_and_gives_way_to_what_is_said(field):
    x, y, ra, dec = positions(field)
    table = pd.DataFrame({"ra": ra, "dec": dec, "x": x + 3, "y": y + 3, "r50": 2.5})
    np.testing.assert_allclose(images.read_sources(table, field)["x"], x, atol=1e-5)
    by_pixels = Options(positions="pixel", first_pixel=0, columns={"size": "r50"})
    sources = images.read_sources(table, field, by_pixels)
    np.testing.assert_allclose(sources["x"], x + 3)
    np.testing.assert_allclose(sources["size"], 2.5)
    named = Options(columns={"ra": "ra", "dec": "dec", "id": "x"})
    assert images.read_sources(table, field, named)["id"].tolist() == (x + 3).tolist()


def test_rows_that_cannot_be_measured_stay_and_say_why(field):
    _, _, ra, dec = positions(field)
    table = pd.DataFrame(
        {
            "id": [4, 3, 2, 1],
            "ra": [ra[0], ra[1] + 5, np.nan, ra[2]],
            "dec": [*dec[:2], 2.0, dec[2]],
        }
    )
    sources = images.read_sources(table, field)
    assert sources["id"].tolist() == [4, 3, 2, 1]
    assert sources["status"].tolist() == ["", "outside the image", "no position", ""]
    flags = images.unmeasured_flags(field, sources)
    assert (flags != 0).tolist() == [False, True, True, False]


def test_sexagesimal_text_and_radians_are_degrees(field):
    _, _, ra, dec = positions(field)
    from astropy.coordinates import SkyCoord

    at = SkyCoord(ra, dec, unit="deg")
    text = pd.DataFrame(
        {
            "ra": at.ra.to_string("hour", sep=":", precision=4),
            "dec": at.dec.to_string("deg", sep=":", precision=4),
        }
    )
    np.testing.assert_allclose(images.read_sources(text, field)["ra"], ra, atol=1e-6)
    table = Table({"ra": np.radians(ra), "dec": np.radians(dec)}, units={"ra": "rad", "dec": "rad"})
    np.testing.assert_allclose(images.read_sources(table, field)["ra"], ra, atol=1e-9)


def test_masked_positions_are_none(field):
    _, _, ra, dec = positions(field)
    table = Table({"ra": np.ma.masked_array(ra, [False, True, False]), "dec": dec})
    assert images.read_sources(table, field)["status"].tolist() == ["", "no position", ""]


@pytest.mark.faults
def test_catalogues_that_cannot_be_used_are_refused_in_one_line(field, flat, tmp_path):
    _, _, ra, dec = positions(field)
    good = pd.DataFrame({"id": [1, 2, 3], "ra": ra, "dec": dec})
    (tmp_path / "cut.fits").write_bytes(b"SIMPLE  =                    T")
    (tmp_path / "a.txt").write_text("1 2 3")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    cases = [
        ("has no row", good.iloc[:0], field, {}),
        ("must differ, 1 occurs 2 times", good.assign(id=[1, 1, 2]), field, {}),
        ("no id in row 1", good.assign(id=["a", None, "b"]), field, {}),
        ("elsewhere on the sky.*9.99 degrees", good.assign(dec=dec + 10), field, {}),
        (
            "in the image of 300 x 200",
            pd.DataFrame({"x_image": [999.0], "y_image": [3.0]}),
            flat,
            {},
        ),
        ("no sky coordinates", good, flat, {}),
        ("recognised.*--columns", pd.DataFrame({"alpha": [1.0], "beta": [2.0]}), field, {}),
        ("no column 'RAJ'", good, field, {"columns": {"ra": "RAJ", "dec": "dec"}}),
        ("needs both", good, field, {"columns": {"ra": "ra"}}),
        ("degrees from -90 to 90", good.assign(dec=dec + 100), field, {}),
        ("must hold numbers", good.assign(dec=["a", "b", "c"]), field, {}),
        ("none of its 3 rows has a position", good.assign(ra=np.nan), field, {}),
        ("no such file", tmp_path / "none.fits", field, {}),
        ("cut.fits cannot be read", tmp_path / "cut.fits", field, {}),
        ("cut.parquet cannot be read", tmp_path / "cut.parquet", field, {}),
        ("ends in one of", tmp_path / "a.txt", field, {}),
    ]
    for message, table, where, options in cases:
        with pytest.raises(ImageError, match=message) as caught:
            images.read_sources(table, where, Options(**options))
        assert "\n" not in str(caught.value), message


def test_detection_finds_the_sources_and_their_sizes(field):
    found = images.detect_sources(field)
    bright = found.sort_values("flux", ascending=False).head(3).sort_values("x")
    np.testing.assert_allclose(bright[["x", "y"]], [s[:2] for s in SOURCES], atol=0.1)
    # Half of a round Gaussian's light lies within 1.1774 of its width.
    np.testing.assert_allclose(bright["size"], [1.1774 * s[3] for s in SOURCES], rtol=0.08)
    assert found["id"].tolist() == list(range(1, len(found) + 1))
    np.testing.assert_allclose(
        field.sky.pixels(*found[["ra", "dec"]].to_numpy().T)[:, 0], found["x"], atol=1e-4
    )


def test_detection_does_not_depend_on_the_strips(image, write, monkeypatch):
    from halflight.images import detection

    field = images.open_field(write(image))
    whole = images.detect_sources(field)
    monkeypatch.setattr(detection, "STRIP", 60)
    monkeypatch.setattr(detection, "OVERLAP", 40)
    strips = images.detect_sources(field)
    bright = whole["snr"] > 20
    assert bright.sum() == (strips["snr"] > 20).sum() == 3
    np.testing.assert_allclose(
        np.sort(strips.loc[strips["snr"] > 20, "x"]), np.sort(whole.loc[bright, "x"]), atol=1e-3
    )


def test_an_empty_sky_asks_for_a_lower_threshold(write):
    noise = np.random.default_rng(3).normal(0, 1, (100, 100)).astype(np.float32)
    with pytest.raises(ImageError, match="--threshold"):
        images.detect_sources(images.open_field(write(noise)), Options(threshold=6.0))
