"""Small images of a known sky, and the folder of real ones."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.conftest import ROOT

SIGMA = 2.0
FWHM = np.sqrt(8 * np.log(2))  # of a Gaussian's width


@pytest.fixture(scope="session")
def cameras():
    """The folder of real images of many cameras; a test that needs it is skipped without it."""
    folder = Path(os.environ.get("HALFLIGHT_CAMERAS", ROOT.parent / "shared" / "cameras"))
    if not folder.is_dir():
        pytest.skip(f"no images of other cameras at {folder}: set HALFLIGHT_CAMERAS")
    return folder


def blobs(shape, sources, sigma=SIGMA, seed=1):
    """Round Gaussians (x, y, flux, width) on a sky of white noise."""
    y, x = np.indices(shape)
    image = np.random.default_rng(seed).normal(0, sigma, shape)
    for x0, y0, flux, width in sources:
        r2 = (x - x0) ** 2 + (y - y0) ** 2
        image += flux / (2 * np.pi * width**2) * np.exp(-0.5 * r2 / width**2)
    return image.astype(np.float32)


def tangent(scale=0.4, shape=(200, 300), angle=0.0, parity=1, at=(150.0, 2.0)):
    """Cards of a TAN map: `scale` arcsec, +y turned by `angle` degrees east of north."""
    turn = np.radians(angle)
    step = scale / 3600
    # Columns: where +x and +y point, as (east, north); the first axis of the map is -east or east.
    cards = fits.Header()
    cards["CTYPE1"], cards["CTYPE2"] = "RA---TAN", "DEC--TAN"
    cards["CRVAL1"], cards["CRVAL2"] = at
    cards["CRPIX1"], cards["CRPIX2"] = (shape[1] + 1) / 2, (shape[0] + 1) / 2
    up = np.array([np.sin(turn), np.cos(turn)])
    right = -parity * np.array([np.cos(turn), -np.sin(turn)])
    for axis in (0, 1):
        cards[f"CD{axis + 1}_1"] = right[axis] * step
        cards[f"CD{axis + 1}_2"] = up[axis] * step
    return cards


SOURCES = [(60.0, 50.0, 8000.0, 2.0), (150.2, 100.7, 12000.0, 3.0), (240.0, 150.0, 6000.0, 1.5)]


@pytest.fixture
def image():
    """Pixels (200, 300) with three sources and a sky of 2 a pixel."""
    return blobs((200, 300), SOURCES)


@pytest.fixture
def write(tmp_path):
    """Write an image with cards as a FITS file, and return its path."""

    def written(pixels, name="image.fits", cards=None, **more):
        header = fits.Header()
        header["BUNIT"] = "nanomaggy"
        header.update(cards or {})
        header.update(more)
        path = tmp_path / name
        fits.PrimaryHDU(pixels, header).writeto(path)
        return path

    return written
