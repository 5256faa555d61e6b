import io

import numpy as np
import pytest
from astropy.io import fits
from threadpoolctl import threadpool_limits

from halflight.sandbox.addresses import Address
from halflight.sandbox.psfield import components
from halflight.sandbox.synthetic import SyntheticSky
from halflight.simulation import render_psf


@pytest.fixture(scope="module")
def hdus(synthetic_sky: SyntheticSky) -> fits.HDUList:
    path = Address(synthetic_sky.fields[0], None).path
    content = synthetic_sky.file(path)
    assert content is not None
    with fits.open(io.BytesIO(content), memmap=False) as opened:
        for hdu in opened:
            assert hdu.header is not None
            _ = hdu.data
        return opened


def reconstruct(table: fits.FITS_rec, row: float, column: float) -> np.ndarray:
    """PSF(row, col) as SDSS documents it, written plainly."""
    image = np.zeros((51, 51))
    for k in range(len(table)):
        weight = 0.0
        for i in range(table["nrow_b"][k]):
            for j in range(table["ncol_b"][k]):
                weight += table["c"][k][i, j] * (row / 1000) ** i * (column / 1000) ** j
        image += weight * table["RROWS"][k].reshape(51, 51)
    return image


@pytest.mark.parametrize("band", ["r", "z"])
@pytest.mark.parametrize("place", [(0, 0), (1488, 2047), (700, 1000), (320, 1700)])
def test_the_psf_is_the_rendered_one(
    hdus: fits.HDUList, synthetic_sky: SyntheticSky, band: str, place: tuple[int, int]
) -> None:
    row, column = place
    found = reconstruct(hdus["ugriz".index(band) + 1].data, row, column)
    psf = synthetic_sky.psfs(synthetic_sky.fields[0])[band].at(column, row)
    expected = render_psf(psf, 51)
    assert 1.06 <= found.sum() <= 1.18
    error = found / found.sum() - expected
    # four components and quadratic polynomials leave 0.2 % of the peak in the corners
    assert np.abs(error).max() < 2e-3 * expected.max()


def test_the_tables_have_the_columns_of_real_ones(hdus: fits.HDUList) -> None:
    assert len(hdus) == 7
    columns = "nrow_b ncol_b c lambda RNROW RNCOL RTYPE RROWS RROW0 RCOL0 counts"
    for hdu in hdus[1:6]:
        assert hdu.columns.names == columns.split()
        assert hdu.data["c"].shape == (4, 5, 5)
        assert hdu.data["RROWS"][0].shape == (2601,)
        # left-over memory beyond nrow_b, ncol_b, as in real files
        assert np.isnan(hdu.data["c"][:, 3:, :]).all()
    summary = hdus[6].data
    assert summary["gain"].shape == (1, 5)
    assert summary["gain"][0, 2] == np.float32(4.725)
    assert hdus[0].header["ORIGIN"] == "SYNTHETIC"


def test_the_number_of_threads_changes_nothing(synthetic_sky: SyntheticSky) -> None:
    psf = synthetic_sky.psfs(synthetic_sky.fields[0])["r"]
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(components(psf))
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
