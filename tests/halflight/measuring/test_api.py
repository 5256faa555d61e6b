"""`halflight.measure`: the same numbers from a file, an array and a CCDData, in three lines."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.table import Table
from astropy.wcs import WCS

import halflight
from halflight.measuring.api import Measurer
from tests.halflight.measuring.conftest import IDS, StandIn


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    monkeypatch.setattr(Measurer, "load", classmethod(lambda *_, **__: StandIn()))


def arrays(folder):
    with fits.open(folder / "a.fits") as hdus:
        return hdus[0].data, hdus[0].header


def common(folder):
    return {"psf": str(folder / "psf.fits"), "model": folder / "model"}


def test_a_file_an_array_and_a_ccddata_give_the_same(folder, options):
    table = Table.read(folder / "sources.csv")
    from_file = halflight.measure(
        folder / "a.fits", str(folder / "sources.csv"), **common(folder), **options
    )
    image, header = arrays(folder)
    sigma, wcs = np.ones_like(image), WCS(header)
    psf = fits.getdata(folder / "psf.fits").astype(float)
    facts = {"first_pixel": 0, "zero_point": 25.0, "model": folder / "model"}
    from_array = halflight.measure(image, table, psf=psf, sigma=sigma, wcs=wcs, **facts)
    ccd = CCDData(image, unit="adu", wcs=wcs, uncertainty=StdDevUncertainty(sigma))
    from_ccd = halflight.measure(ccd, table.to_pandas(), psf=psf, **facts)
    for other in (from_array, from_ccd):
        assert other["id"].tolist() == from_file["id"].tolist() == [*IDS, 77]
        for name in ("half_light_radius", "axis_ratio", "position_angle", "magnitude"):
            np.testing.assert_allclose(other[name], from_file[name], rtol=1e-5, atol=1e-5)
    assert str(from_file["half_light_radius"].unit) == "arcsec"
    assert from_file.meta["runs"][0]["command"] == "halflight.measure"


def test_without_a_catalogue_sources_are_detected(folder, options):
    found = halflight.measure(folder / "a.fits", **common(folder), threshold=5.0, **options)
    assert len(found) == 5


def test_what_is_not_understood_is_named(folder, options):
    with pytest.raises(ValueError, match="tier must be fast or best, received 'slow'"):
        halflight.measure(folder / "a.fits", tier="slow", **common(folder))
    with pytest.raises(TypeError, match="no option is called zeropoint"):
        halflight.measure(folder / "a.fits", zeropoint=25.0, **common(folder))
    for own in ("sigma", "mask"):
        with pytest.raises(ValueError, match="of a file name files, by the options rms, mask"):
            halflight.measure(folder / "a.fits", **{own: np.ones((2, 2))}, **common(folder))
    with pytest.raises(ValueError, match=r"in memory must be an array, received 'bad\.fits'"):
        halflight.measure(np.ones((20, 20)), mask="bad.fits", **common(folder))


def test_a_file_has_its_mask_in_a_file(folder, options, tmp_path):
    image, _ = arrays(folder)
    bad = np.zeros(image.shape, np.int16)
    bad[:, :100] = 1
    fits.writeto(tmp_path / "bad.fits", bad)
    found = halflight.measure(
        folder / "a.fits",
        str(folder / "sources.csv"),
        mask=tmp_path / "bad.fits",
        **common(folder),
        **options,
    )
    assert (found["bad_fraction"] > 0.3).any()


def test_the_package_loads_nothing_until_it_measures():
    code = (
        "import sys, halflight; before = {'astropy', 'numba', 'pandas'} & set(sys.modules);"
        "assert not before, before; assert callable(halflight.measure)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'measures'"):
        halflight.measures  # noqa: B018
