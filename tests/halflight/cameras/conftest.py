"""Fixtures: an image of an odd camera - a broad PSF, photons, its own unit - and a small model."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from halflight import params
from halflight.combination import Combination
from halflight.estimator import Estimator
from halflight.images.analytic import moffat
from halflight.joint import Joint
from halflight.nn import presets
from halflight.prepare import Preparation
from tests.tiny import DOMAIN, RADIUS, R

SCALE, ZERO_POINT, NOISE, GAIN = 0.15, 27.0, 3.0, 2.0
FWHM = 8.0  # pixels
PLACES = [(30 + 34 * i, 28 + 36 * j) for i in range(4) for j in range(4)]


@pytest.fixture(scope="session")
def odd(tmp_path_factory):
    """A folder: image.fits, image.rms.fits, sources.csv, psf.fits, and the model base/."""
    folder = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:168, :168]
    light = np.zeros((168, 168))
    for number, (x0, y0) in enumerate(PLACES):
        width = 4.0 + 0.1 * number
        light += 120 * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / width**2)
    image = rng.poisson(light * GAIN) / GAIN + rng.normal(0, NOISE, light.shape)
    header = fits.Header({"BUNIT": "adu", "FILTER": "r"})
    fits.writeto(folder / "image.fits", image.astype(np.float32), header)
    sigma = np.sqrt(NOISE**2 + np.maximum(image, 0) / GAIN)
    fits.writeto(folder / "image.rms.fits", sigma.astype(np.float32))
    fits.writeto(folder / "psf.fits", moffat(FWHM, 3.0, 41).astype(np.float32))
    pd.DataFrame(PLACES, columns=["x", "y"]).to_csv(folder / "sources.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def asked(odd):
    """What is said of that image, as keywords of `halflight.measure` and `halflight.adapt`."""
    return {
        "image": odd / "image.fits",
        "catalogue": str(odd / "sources.csv"),
        "psf": str(odd / "psf.fits"),
        "rms": str(odd / "image.rms.fits"),
        "zero_point": ZERO_POINT,
        "pixel_scale": SCALE,
        "first_pixel": 0,
    }


@pytest.fixture(scope="session")
def base(odd, root):
    """The folder of a small model of 32 pixels, which learnt nothing, with its scene fit."""
    network = presets.build(
        "radius_net",
        image_shape=(32, 32, 1),
        psf_shape=(25, 25, 1),
        filters=(4, 8, 8),
        dense_units=8,
        **RADIUS.network_options(),
    )
    estimator = Estimator(
        network,
        RADIUS,
        R,
        Preparation(32, 25, 1.0, 0.001, 0.05),
        {"psf_half_light_radius": (0.5, 2.0)},
        provenance={"trained_on": "simulated"},
    )
    settings = params.load(root / "params.yaml").radius.classical
    trusting = Combination(1.0, 0.01, 1.0, 0.1, 0.01)
    names = [quantity.name for quantity in RADIUS.quantities]
    Joint(settings, dict.fromkeys(names, trusting), DOMAIN).save(estimator, odd / "base")
    return odd / "base"
