"""Stamps with the fields of the Multimodal Universe: read back value by value, in files by sky."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from halflight import store
from halflight.psf import psf_fwhm
from halflight.universe import write_stamps
from tests.tiny import discs, write_raw


@pytest.fixture
def stamps(tmp_path):
    def write(**columns):
        table, image, sigma, psf = discs(300)
        sigma[5, 2, 3], image[6, 0, 1] = 0.0, np.nan
        write_raw(tmp_path / "raw", table.assign(**columns), image, sigma, psf)
        return store.read_stamps(tmp_path / "raw")

    return write


def test_every_field_of_a_simulated_stamp_is_there(stamps, tmp_path):
    opened = stamps()
    assert write_stamps(opened, tmp_path / "out") == 1
    read = pq.read_table(tmp_path / "out" / "001-of-001.parquet")
    assert read["object_id"].to_pylist() == opened.table["id"].astype(str).tolist()
    assert read["half_light_radius"].to_pylist() == opened.table["half_light_radius"].tolist()
    images = read["image"].to_pylist()
    assert list(images[0]) == ["band", "flux", "ivar", "mask", "psf_fwhm", "scale"]
    for row in (0, 5, 6, 299):
        image, sigma = (opened[name][row][..., 0] for name in ("image", "sigma"))
        good = np.isfinite(image) & (sigma > 0)
        found = images[row]
        assert found["band"] == list(opened.instrument.bands)
        assert (np.array(found["mask"][0]) == good).all()
        np.testing.assert_array_equal(np.array(found["flux"][0], "f4")[good], image[good])
        np.testing.assert_allclose(np.array(found["ivar"][0])[good], sigma[good] ** -2.0, rtol=1e-6)
        assert not np.array(found["ivar"][0])[~good].any()
        scale = opened.instrument.pixel_scale
        assert found["scale"] == pytest.approx([scale])
        assert found["psf_fwhm"] == pytest.approx([psf_fwhm(opened["psf"][row][..., 0], scale)])
    assert not np.array(images[5]["mask"][0])[2, 3]
    assert not np.array(images[6]["mask"][0])[0, 1]


def test_stamps_with_a_place_go_to_the_files_of_their_pixels(stamps, tmp_path):
    pytest.importorskip("hats_import", reason="the extra hats is not installed")
    ra, dec = np.linspace(0, 359, 300), np.linspace(-80, 80, 300)
    count = write_stamps(stamps(ra=ra, dec=dec), tmp_path / "out")
    paths = sorted((tmp_path / "out").rglob("*.parquet"))
    assert len(paths) == count > 50
    found = []
    for path in paths:
        part = pq.ParquetFile(path).read().to_pandas()
        assert {f"healpix={value}" for value in part["healpix"]} == {path.parent.name}
        found.append(part[["object_id", "ra"]])
    assert sorted(pd.concat(found)["ra"]) == sorted(ra)


def test_a_column_of_the_fields_own_is_refused(stamps, tmp_path):
    with pytest.raises(ValueError, match="columns of the fields' own: healpix"):
        write_stamps(stamps(healpix=3), tmp_path / "out")
    assert not (tmp_path / "out").exists()
