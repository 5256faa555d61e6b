"""HEALPix pixels against hand values, and catalogues that LSDB opens, searches and matches."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from halflight import healpix


@pytest.fixture
def hats():
    return pytest.importorskip("hats_import", reason="the extra hats is not installed")


def test_pixels_are_those_of_the_nested_scheme(hats):
    # The twelve base pixels: four round the north pole, four on the equator, four round the south.
    ra = np.array([45, 135, 225, 315, 0, 90, 180, 270, 45, 135, 225, 315.0])
    dec = np.repeat([41.8, 0.0, -41.8], 4)
    assert healpix.pixels(ra, dec, 0).tolist() == list(range(12))
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))
    for order in (1, 5, 29):
        assert (healpix.pixels(ra, dec, order) // 4 == healpix.pixels(ra, dec, order - 1)).all()
    assert (healpix.pixels(ra - 360, dec, 7) == healpix.pixels(ra, dec, 7)).all()


@pytest.mark.parametrize(
    ("ra", "dec", "order", "said"),
    [
        ([1.0], [2.0], 30, "must be 0 to 29, received 30"),
        ([1.0, 2.0], [0.0, 91.0], 3, "1 of 2 positions are none, the first in row 1: RA 2.0"),
        ([np.nan], [0.0], 3, "RA nan"),
    ],
)
def test_what_is_no_position_is_refused(ra, dec, order, said):
    with pytest.raises(ValueError, match=said):
        healpix.pixels(ra, dec, order)


def test_without_the_libraries_one_line_says_how_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "hats.pixel_math.spatial_index", None)
    with pytest.raises(healpix.HatsError, match=r"pip install '\.\[hats\]'"):
        healpix.pixels([1.0], [2.0], 3)


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
def test_lsdb_opens_a_catalogue_and_finds_and_matches_sources_in_it(hats, tmp_path):
    lsdb = pytest.importorskip("lsdb", reason="the extra hats is not installed")
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "id": np.arange(300) + 2**60,
            "ra": rng.uniform(149, 153, 300),
            "dec": rng.uniform(-2, 2, 300),
            "half_light_radius": rng.uniform(1, 5, 300),
        }
    )
    files = []
    for number, rows in enumerate(np.array_split(np.arange(300), 3)):
        files.append(tmp_path / f"{number}.parquet")
        table.iloc[rows].to_parquet(files[-1], index=False)
    healpix.write_hats(tmp_path / "out", "hats", files, order=5)
    opened = lsdb.open_catalog(tmp_path / "out" / "hats")
    found = opened.compute().sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(found)[list(table)], table, check_dtype=False, check_index_type=False
    )
    assert {pixel.order for pixel in opened.get_healpix_pixels()} == {5}
    assert {pixel.pixel for pixel in opened.get_healpix_pixels()} == set(
        healpix.pixels(table["ra"], table["dec"], 5)
    )
    a, b = np.radians(table["dec"]), np.radians(0.3)
    cosine = np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(np.radians(table["ra"] - 151))
    near = table["id"][np.degrees(np.arccos(cosine)) < 0.5]
    cone = opened.cone_search(ra=151.0, dec=0.3, radius_arcsec=1800).compute()
    assert set(cone["id"]) == set(near)
    assert 0 < len(near) < 300
    other = table[::3].assign(dec=table["dec"][::3] + 0.2 / 3600)[["id", "ra", "dec"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right = lsdb.from_dataframe(other, ra_column="ra", dec_column="dec", margin_threshold=5.0)
        matched = opened.crossmatch(right, radius_arcsec=1.0, suffixes=("", "_other")).compute()
    assert len(matched) == 100
    assert (matched["id"] == matched["id_other"]).all()
