"""The PSF from psField files."""

import io

import numpy as np
import pytest
from astropy.io import fits

from halflight.surveys.errors import PsfError, SurveyParameterError
from halflight.surveys.psf import PsfField, read_psfield

KEY = {"run": 100, "camcol": 3, "field": 50, "band": "r"}


@pytest.fixture
def psfield(tmp_path, tools):
    def run(coefficients=None, **changes):
        path = tmp_path / "psField.fit"
        path.write_bytes(tools.psfield_bytes(100, 3, 50, coefficients=coefficients))
        return read_psfield(path.read_bytes(), **(KEY | changes))

    return run


def test_rebuilt_psf(psfield):
    image = psfield().at(500.0, 900.0, 51)
    yy, xx = np.mgrid[-25:26, -25:26]
    expected = sum(
        weight * np.exp(-0.5 * (xx**2 + yy**2) / sigma**2)
        for weight, sigma in ((1.0, 1.4), (0.5 * 0.5, 0.8 * 1.4))
    )
    np.testing.assert_allclose(image, expected / expected.sum(), atol=1e-7)
    assert image.dtype == np.float32
    assert image.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [1, 31, 51, 71])
def test_sizes(psfield, size):
    image, whole = psfield().at(0.0, 0.0, size), psfield().at(0.0, 0.0, 51)
    assert image.shape == (size, size)
    assert image.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    assert np.unravel_index(image.argmax(), image.shape) == (size // 2, size // 2)
    if size >= 31:
        middle = image[size // 2 - 10 : size // 2 + 11, size // 2 - 10 : size // 2 + 11]
        np.testing.assert_allclose(middle, whole[15:36, 15:36], rtol=1e-4)


@pytest.mark.parametrize("size", [0, 50, -3])
def test_bad_size(psfield, size):
    with pytest.raises(SurveyParameterError, match=f"odd and positive, received {size}"):
        psfield().at(0.0, 0.0, size)


@pytest.mark.parametrize("asked", [{"run": 1}, {"camcol": 1}, {"field": 1}])
def test_another_fields_psf(psfield, asked):
    with pytest.raises(PsfError, match=r"psField-.*: .* was asked for"):
        psfield(**asked)


def test_coefficients_that_are_not_finite(psfield):
    with pytest.raises(PsfError, match="not finite"):
        psfield(coefficients=np.full((2, 5, 5), np.nan))


def test_negative_psf(psfield):
    with pytest.raises(PsfError, match="sums to -"):
        psfield(coefficients=np.full((2, 5, 5), -1.0)).at(100.0, 100.0, 51)


def test_psf_off_its_centre():
    basis = np.zeros((1, 51, 51))
    basis[0, 20, 25] = 1
    with pytest.raises(PsfError, match=r"peaks at pixel .*20.*not at its centre \(25, 25\)"):
        PsfField("x", basis, np.ones((1, 1, 1))).at(0.0, 0.0, 51)


@pytest.mark.parametrize("sides", [(50, 50), (51, 49), (0, 51), (257, 257), (-51, 51)])
def test_a_psf_is_square_and_odd(tools, sides):
    with fits.open(io.BytesIO(tools.psfield_bytes(100, 3, 50))) as hdus:
        assert len(hdus[3].data["RROWS"]) == 2
        hdus[3].data["RNROW"], hdus[3].data["RNCOL"] = sides
        buffer = io.BytesIO()
        hdus.writeto(buffer)
    with pytest.raises(PsfError, match="psField-000100-3-0050.fit: its images are"):
        read_psfield(buffer.getvalue(), **KEY)


def test_files_that_are_no_psfield(tmp_path, recorded_sky):
    path = tmp_path / "psField.fit"
    fits.PrimaryHDU().writeto(path)
    with pytest.raises(PsfError, match="RUN is None"):
        read_psfield(path.read_bytes(), **KEY)
    with pytest.raises(PsfError, match="RUN is None"):
        read_psfield((recorded_sky / "replies/emptyfile.fits").read_bytes(), **KEY)
