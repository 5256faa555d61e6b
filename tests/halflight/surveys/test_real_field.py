"""Noise, PSF, positions and fluxes on a real SDSS field (94-1-12, r), served as SDSS serves it."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from scipy.ndimage import binary_dilation, gaussian_filter, shift

from halflight.surveys.catalogue import clean_catalogue
from halflight.surveys.fields import cut_reference
from halflight.surveys.frames import read_frame
from halflight.surveys.psf import read_psfield
from halflight.surveys.stamps import cut_stamp
from halflight.surveys.wanted import INTEGER_COLUMNS, REAL_COLUMNS, TRUTH_COLUMNS, Wanted

KEY = {"run": 94, "camcol": 1, "field": 12, "band": "r"}
PSFIELD = "sas/dr17/eboss/photo/redux/301/94/objcs/1/psField-000094-1-0012.fit"


@pytest.fixture(scope="module")
def frame(recorded_sky):
    path = "sas/dr17/eboss/photoObj/frames/301/94/1/frame-r-000094-1-0012.fits.bz2"
    return read_frame((recorded_sky / path).read_bytes(), **KEY, gain=4.71, dark_variance=1.8225)


@pytest.fixture(scope="module")
def psf(recorded_sky):
    return read_psfield((recorded_sky / PSFIELD).read_bytes(), **KEY)


@pytest.fixture(scope="module")
def photometry(recorded_sky):
    return pd.read_csv(recorded_sky / "skyserver/PhotoObjAll.csv", comment="#")


@pytest.fixture(scope="module")
def block(photometry, frame, psf):
    """Stamps of the field's galaxies (it has no primary objects, so mode = 2)."""
    table = pd.DataFrame(
        {
            name: photometry[column.format(b="r").removeprefix("p.")]
            for name, column in (INTEGER_COLUMNS | REAL_COLUMNS).items()
            if column.startswith("p.")
        }
    ).assign(gain=4.71, dark_variance=1.8225, **{f"true_{name}": np.nan for name in TRUTH_COLUMNS})
    chosen = (photometry["mode"] == 2) & (photometry["type"] == 3)
    table, _ = clean_catalogue(table[chosen & photometry["cModelMag_r"].between(14, 21)])
    wanted = Wanted(bands=("r",), reference="r")
    return cut_reference(table, frame, {"r": psf}, wanted, 96, 51)[0]


def test_noise_model_against_the_scatter_of_empty_sky(frame):
    residual = np.nan_to_num(frame.image / frame.sigma)
    smooth = gaussian_filter(residual, 2.0) * 2 * np.sqrt(4 * np.pi)  # unit variance in white noise
    empty = ~binary_dilation(np.abs(smooth) > 4, iterations=10)
    assert empty.mean() > 0.5
    low, high = np.percentile(residual[empty], [15.865, 84.135])
    assert (high - low) / 2 == pytest.approx(1.0, abs=0.03)
    assert abs(np.median(residual[empty])) < 0.05


def test_noise_of_neighbouring_pixels_is_independent(frame):
    residual = np.clip(np.nan_to_num(frame.image / frame.sigma), -4, 4)
    smooth = gaussian_filter(residual, 2.0) * 2 * np.sqrt(4 * np.pi)
    empty = ~binary_dilation(np.abs(smooth) > 4, iterations=10)
    both = empty[:, 1:] & empty[:, :-1]
    assert abs(np.corrcoef(residual[:, 1:][both], residual[:, :-1][both])[0, 1]) < 0.04


def test_sky_level_is_the_catalogues(frame, recorded_sky):
    path = recorded_sky / "sas/dr17/eboss/photoObj/301/94/photoField-000094-1.fits"
    with fits.open(path) as hdus:
        fields = hdus[1].data
        row = fields[fields["FIELD"] == 12][0]
        expected = row["SKY"][2] * 0.396**2 / row["NMGYPERCOUNT"][2]  # nmgy/arcsec^2 -> counts
        assert np.median(frame.calib) == pytest.approx(row["NMGYPERCOUNT"][2], rel=0.01)
    assert np.median(frame.sky) == pytest.approx(expected, rel=0.01)


def test_psf_against_a_second_implementation(psf, recorded_sky):
    """The recipe of SDSS's stand-alone read_PSF, with loops, in IDL's order of coefficients."""
    row, col = 1201.5, 345.5
    with fits.open(recorded_sky / PSFIELD) as hdus:
        table = hdus[3].data
        image = np.zeros(51 * 51)
        for k in range(len(table)):
            weight = 0.0
            for i in range(table["nrow_b"][0]):
                for j in range(table["ncol_b"][0]):
                    weight += table["c"][k].ravel()[5 * i + j] * (row / 1e3) ** i * (col / 1e3) ** j
            image += weight * table["RROWS"][k]
    assert 1.0 < image.sum() < 1.3  # not normalised as it comes
    ours = psf.at(row, col, 51)
    np.testing.assert_allclose(ours, (image / image.sum()).reshape(51, 51), atol=1e-7)
    assert ours.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


def test_psf_fits_the_stars(photometry, frame, psf):
    stars = photometry[(photometry["mode"] == 2) & (photometry["type"] == 6)]
    stars = stars[stars["psfMag_r"].between(17, 19.5) & stars["rowc_r"].between(60, 1420)]
    stars = stars[stars["colc_r"].between(60, 1980)]
    quality = []
    for star in stars.itertuples():
        stamp = cut_stamp(frame, star.ra, star.dec, 32)
        offset = stamp.y / 0.396 + 0.5, stamp.x / 0.396 + 0.5  # PSF middle -> the star in the stamp
        model = shift(psf.at(star.rowc_r, star.colc_r, 51).astype(float), offset, order=5)
        core = slice(10, 22)
        model, data, sigma = (
            model[10:42, 10:42][core, core],
            *(array[core, core].astype(float) for array in (stamp.image, stamp.sigma)),
        )
        flux = (model * data / sigma**2).sum() / (model**2 / sigma**2).sum()
        quality.append((((data - flux * model) / sigma) ** 2).mean())
    assert len(quality) > 20
    assert np.median(quality) < 2.0


def test_positions_lie_on_the_light(block):
    offsets = block.offsets
    assert len(offsets) >= 20
    assert np.median(offsets) <= 0.5
    assert np.percentile(offsets, 90) <= 0.5


def test_aperture_fluxes_are_the_catalogues(block):
    (table, image, _, _), dropped = block.block, block.dropped
    assert len(table) + len(dropped) > 120
    differences = []
    for row, stamp in zip(table.itertuples(), image, strict=True):
        if row.magnitude < 19.5:
            yy, xx = (np.mgrid[:96, :96] - 47.5) * 0.396
            near = np.hypot(xx - row.x, yy - row.y) < max(3.0, 1.5 * row.petro_r90)
            aperture = 22.5 - 2.5 * np.log10(stamp[..., 0][near].sum())
            differences.append(aperture - row.magnitude)
    assert len(differences) > 20
    assert abs(np.median(differences)) < 0.05
    assert np.percentile(np.abs(differences), 50) < 0.1


def test_psf_sizes_are_those_of_the_header(block):
    table = block.block.table
    ratio = table["psf_half_light_radius"] / table["psf_fwhm"]
    assert ratio.between(0.5, 0.62).all()
