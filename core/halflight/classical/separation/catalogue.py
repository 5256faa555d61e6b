"""What a catalogue says of an object, as features that tell stars from galaxies."""

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BANDS = ("u", "g", "r", "i", "z")
CONCENTRATION = ("psf_magnitude_r", "cmodel_magnitude_r")
"""Whose difference SDSS's own type is a cut in."""
SIZES = ("petro_r50", "petro_r90", "dev_radius", "exp_radius")
PHOTOMETRY = ("psf_magnitude", "model_magnitude", "cmodel_magnitude", "extinction")
COLUMNS = (
    *(f"{kind}_{band}" for kind in PHOTOMETRY for band in BANDS),
    *(f"psf_fwhm_{band}" for band in BANDS),
    *SIZES,
)
"""The columns of a catalogue that features are made of; NaN where one is not known."""


def concentration(table: pd.DataFrame) -> NDArray[np.float64]:
    """psfMag - cModelMag in r (rows,), magnitudes: 0 for a point, more for what is extended."""
    point, extended = (table[name].to_numpy(np.float64) for name in CONCENTRATION)
    return point - extended


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Features (rows, 31) of a catalogue: the attributes of Kim & Brunner 2017 (section 4.2).

    Magnitudes and colours are of models, corrected for dust; concentrations psfMag - modelMag and
    psfMag - cModelMag by band; sizes in r, as they are and over the seeing, and Petrosian 90 over
    50 %. Neither positions nor identifiers are among them. NaN where the catalogue has NaN.
    """
    numbers = table[list(COLUMNS)].astype(np.float64)
    kind = {
        name: numbers[[f"{name}_{band}" for band in BANDS]].to_numpy()
        for name in (*PHOTOMETRY, "psf_fwhm")
    }
    model = kind["model_magnitude"] - kind["extinction"]
    found = {f"magnitude_{band}": model[:, k] for k, band in enumerate(BANDS)}
    for k, (blue, red) in enumerate(itertools.pairwise(BANDS)):
        found[f"{blue}_{red}"] = model[:, k] - model[:, k + 1]
    for k, band in enumerate(BANDS):
        point = kind["psf_magnitude"][:, k]
        found[f"psf_less_model_{band}"] = point - kind["model_magnitude"][:, k]
        found[f"psf_less_cmodel_{band}"] = point - kind["cmodel_magnitude"][:, k]
        found[f"seeing_{band}"] = kind["psf_fwhm"][:, k]
    for name in SIZES:
        found[name] = numbers[name].to_numpy()
    seeing = kind["psf_fwhm"][:, BANDS.index("r")]
    found["petro_r50_over_seeing"] = found["petro_r50"] / seeing
    found["exp_radius_over_seeing"] = found["exp_radius"] / seeing
    found["petro_concentration"] = found["petro_r90"] / found["petro_r50"]
    return pd.DataFrame(found, index=table.index).replace([np.inf, -np.inf], np.nan)
