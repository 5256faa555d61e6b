"""Images of one field in several bands, shifted against each other, for tests."""

import numpy as np
from astropy.io import fits

from tests.bands import BANDS, gaussian

SHAPE, NOISE, SCALE = (150, 160), 0.05, 0.4
# x, y in the band r, magnitude and width beyond the PSF in pixels: stars, a galaxy, one at an edge.
SOURCES = [(50.3, 60.2, 17.0, 0.0), (100.6, 80.4, 17.5, 2.0), (70.0, 110.9, 18.0, 0.0)]
SOURCES += [(154.0, 30.0, 17.0, 0.0)]
# Of each band against r: shift along x and y in pixels, zero point, width of the PSF.
FACTS = {
    "u": (3.4, -7.2, 22.5, 1.5),
    "g": (-2.5, 4.5, 25.0, 1.6),
    "r": (0.0, 0.0, 22.5, 1.4),
    "i": (11.7, 0.3, 27.0, 1.7),
    "z": (0.25, -0.75, 22.5, 1.5),
}


def card(x=0.0, y=0.0, at=(150.0, 2.0), scale=SCALE, turn=0.0):
    """The cards of a map whose sky lies x and y pixels further than that of the band r."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRVAL1"], header["CRVAL2"] = at
    header["CRPIX1"], header["CRPIX2"] = SHAPE[1] / 2 + x, SHAPE[0] / 2 + y
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    step = scale / 3600
    header["CD1_1"], header["CD1_2"] = -step * cosine, step * sine
    header["CD2_1"], header["CD2_2"] = step * sine, step * cosine
    return header


def pixels_of(band, sources=SOURCES, seed=0, noise=NOISE):
    """An image of nanomaggies times the band's own unit: every source of the same magnitude."""
    x, y, zero_point, width = FACTS[band]
    rng = np.random.default_rng([seed, BANDS.index(band)])
    row, column = np.indices(SHAPE)
    image = rng.normal(0, noise, SHAPE)
    for x0, y0, magnitude, extent in sources:
        wide = np.hypot(width, extent)
        r2 = (column - x0 - x) ** 2 + (row - y0 - y) ** 2
        flux = 10 ** (0.4 * (22.5 - magnitude))
        image += flux / (2 * np.pi * wide**2) * np.exp(-0.5 * r2 / wide**2)
    return (image * unit(zero_point)).astype(np.float32)


def unit(zero_point):
    """What a nanomaggy is in units of this zero point."""
    return 10 ** (0.4 * (zero_point - 22.5))


def psf_of(band, side=25):
    """The band's PSF (side, side)."""
    return gaussian(side, FACTS[band][3]).astype(np.float32)


def write_field(folder, bands=BANDS, **cards):
    """BAND.fits, BAND.rms.fits and BAND.psf.fits of each band; cards: arguments of `card`."""
    for band in bands:
        x, y, zero_point, _ = FACTS[band]
        header = (
            card(x, y, **cards.get(band, {})) if cards.get(band) is not False else fits.Header()
        )
        header["FILTER"], header["BUNIT"] = band, "adu"
        fits.writeto(folder / f"{band}.fits", pixels_of(band), header, overwrite=True)
        rms = np.full(SHAPE, NOISE * unit(zero_point), np.float32)
        fits.writeto(folder / f"{band}.rms.fits", rms, overwrite=True)
        fits.writeto(folder / f"{band}.psf.fits", psf_of(band), overwrite=True)
    return folder


def options(bands=BANDS):
    """What is said of these images, by band."""
    return {"zero_point": {band: FACTS[band][2] for band in bands}, "first_pixel": 0}
