"""Small stamps of stars and galaxies in five bands, with a catalogue, for tests."""

import numpy as np
import pandas as pd

from halflight.instrument import SDSS
from halflight.prepare import Luptitudes

BANDS = SDSS.bands
SIDE, PSF_SIDE, SEEING = 20, 11, 1.5
PREPARATION = Luptitudes(
    stamp_size=16,
    psf_size=9,
    image_softening={"u": 1.4e-10, "g": 0.9e-10, "r": 1.2e-10, "i": 1.8e-10, "z": 7.4e-10},
    psf_softening=0.001,
    max_bad_fraction=0.05,
)
KINDS = {1.0: "single_star", 0.0: "galaxy"}


def gaussian(side, width, x=0.0, y=0.0):
    """A round Gaussian of the sum 1 about (x, y) from the middle."""
    at = np.arange(side) - (side - 1) / 2
    profile = np.exp(-0.5 * ((at - x) ** 2 + (at[:, None] - y) ** 2) / width**2)
    return profile / profile.sum()


def sources(count, seed=0, extent=2.0):
    """Table, image, sigma and PSF of points and of blobs of `extent` pixels, half of each."""
    rng = np.random.default_rng(seed)
    star = np.resize([1.0, 0.0], count)
    magnitude = rng.uniform(16.0, 20.0, count)
    colours = rng.normal(0.0, 0.2, (count, 5)) + np.linspace(0.8, -0.5, 5)
    flux = 10 ** (0.4 * (22.5 - magnitude[:, None] - colours))
    image = rng.normal(0.0, 0.05, (count, SIDE, SIDE, 5))
    for row in range(count):
        width = SEEING if star[row] else np.hypot(SEEING, extent)
        profile = gaussian(SIDE, width, *rng.uniform(-0.4, 0.4, 2))
        image[row] += profile[..., None] * flux[row]
    psf = np.tile(gaussian(PSF_SIDE, SEEING)[None, ..., None], (count, 1, 1, 5))
    table = pd.DataFrame(
        {
            "id": np.arange(count) + 100,
            "magnitude": magnitude,
            "is_star": star,
            "kind": [KINDS[s] for s in star],
            "psf_half_light_radius": SEEING * 1.1774 * SDSS.pixel_scale,
        }
    )
    beyond = np.where(star > 0, 0.0, 0.4) + rng.normal(0.0, 0.08, count)
    for k, band in enumerate(BANDS):
        model = magnitude + colours[:, k]
        table[f"extinction_{band}"] = 0.1
        table[f"model_magnitude_{band}"] = table[f"cmodel_magnitude_{band}"] = model
        table[f"psf_magnitude_{band}"] = model + beyond
        table[f"psf_fwhm_{band}"] = 1.4
    for name in ("petro_r50", "petro_r90", "dev_radius", "exp_radius"):
        table[name] = 1.0 + beyond
    sigma = np.full(image.shape, 0.05, np.float32)
    return table, image.astype(np.float32), sigma, psf.astype(np.float32)


def survey(count, seed=1):
    """The same as a survey's: with fields, a truth beside the label, and an object of no class."""
    table, *arrays = sources(count, seed)
    table = table.rename(columns={"kind": "true_kind"}).assign(
        id=np.arange(count) + 1000,
        true_is_star=table["is_star"],
        run=752,
        camcol=1,
        field=100 + 10 * (np.arange(count) // 6),
        spectral_class=np.where(table["is_star"] > 0, "STAR", "GALAXY"),
    )
    table.loc[4, ["is_star", "spectral_class"]] = np.nan, "QSO"
    return table, *arrays
