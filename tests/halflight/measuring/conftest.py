"""Fixtures: an image of Gaussian galaxies with its noise, a catalogue, and what measures fast."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from halflight.quality import FLAGS
from halflight.results.provenance import Run

SCALE = 0.25
PLACES = [(60.2, 50.7), (150.0, 60.0), (110.4, 140.9), (40.0, 160.0), (5.0, 190.0)]
IDS = [2**59 + 7, 3, 900719925474099312, 12, 5]
RUN = Run("a.fits", "b.csv", "psf.fits", "stand-in", "00", "best", "test", "2026-11-30T00:00:00Z")


class StandIn:
    """Measures by moments: fast, and every number depends on the stamp it came from."""

    tier, probability = "best", None

    def __init__(self):
        self.calls = []

    def deciding(self, decisive):
        assert decisive is None  # it gives no probabilities
        return self

    def measure(self, image, sigma, psf, *, instrument, tier="best", processes=1, extinction=None):
        self.calls.append(len(image))
        image = image[..., 0] if image.ndim == 4 else image
        size = image.shape[1]
        offset = np.arange(size) - (size / 2 - 0.5)
        light = np.where(np.isfinite(image), image, 0.0).astype(np.float64)
        light *= np.hypot(offset, offset[:, None]) < 12
        total = light.sum(axis=(1, 2))
        found = total > 0
        total = np.where(found, total, 1.0)
        across, down = offset + 0 * offset[:, None], offset[:, None] + 0 * offset
        xx, yy, xy = (
            (light * each).sum(axis=(1, 2)) / total for each in (across**2, down**2, across * down)
        )
        mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        radius = np.where(found, 1.1774 * np.sqrt(np.maximum(mean + half, 0.1)), np.nan)
        ratio = np.where(
            found,
            np.sqrt(np.maximum((mean - half) / np.where(found, mean + half, 1), 0.04)),
            np.nan,
        )
        table = pd.DataFrame(
            {
                "half_light_radius": radius * instrument.pixel_scale,
                "axis_ratio": ratio,
                "position_angle": np.degrees(0.5 * np.arctan2(2 * xy, xx - yy)),
                "position_angle_error": 3.0,
                "sersic_n": np.where(found, 0.5, np.nan),
                "ln_sersic_n_error": 0.1,
                "magnitude": instrument.zero_point - 2.5 * np.log10(np.where(found, total, np.nan)),
                "magnitude_error": 0.02,
                "bad_fraction": 1 - np.isfinite(image).mean(axis=(1, 2)),
                "flags": np.where(found, 0, FLAGS["not_measured"]),
            }
        )
        for name, scatter in (("half_light_radius", 0.05), ("axis_ratio", 0.1)):
            for end, z in (("_2_5", -1.96), ("_16", -1), ("_84", 1), ("_97_5", 1.96)):
                table[name + end] = table[name] * np.exp(z * scatter * (1 + np.arange(len(table))))
        return table


@pytest.fixture
def stand_in():
    return StandIn()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """a.fits with a.rms.fits, sources.csv, psf.fits, and a model's folder."""
    place = tmp_path_factory.mktemp("sky")
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:200, :200]
    image = rng.normal(0, 1.0, (200, 200))
    for number, (x0, y0) in enumerate(PLACES):
        angle = np.radians(30 * number)
        u = (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle)
        v = (y - y0) * np.cos(angle) - (x - x0) * np.sin(angle)
        image += 60 * np.exp(-0.5 * ((u / 4) ** 2 + (v / 2.5) ** 2))
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, 2.0]
    wcs.wcs.crpix, wcs.wcs.cd = [100, 100], SCALE / 3600 * np.diag([-1.0, 1.0])
    header = wcs.to_header()
    header["BUNIT"], header["MAGZERO"], header["FILTER"] = "adu", 25.0, "r"
    fits.writeto(place / "a.fits", image.astype(np.float32), header)
    fits.writeto(place / "a.rms.fits", np.ones((200, 200), np.float32))
    table = pd.DataFrame(PLACES, columns=["x", "y"]).assign(id=IDS)
    table.loc[len(table)] = [500.0, 20.0, 77]
    table.astype({"id": np.int64}).to_csv(place / "sources.csv", index=False)
    squares = np.arange(-12, 13) ** 2
    psf = np.exp(-0.5 * (squares + squares[:, None]) / 1.274**2)  # a FWHM of 3 pixels
    fits.writeto(place / "psf.fits", (psf / psf.sum()).astype(np.float32))
    (place / "model").mkdir()
    (place / "model" / "estimator.json").write_text("{}")
    return place


@pytest.fixture
def options(folder):
    return {"rms": str(folder / "a.rms.fits"), "first_pixel": 0, "zero_point": 25.0}
