"""Twins: points as bright, as coloured and as noisy as catalogued objects, with their PSFs."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from halflight.instrument import Instrument
from halflight.psf import placed


def twins(
    table: pd.DataFrame,
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    *,
    instrument: Instrument,
    seed: int,
    wider: float = 0.0,
) -> NDArray[np.float32]:
    """Stamps (n, S, S, bands) of points alone on a flat sky, where objects are.

    What a network says of them beside the objects themselves tells how much of its doubt is that of
    the noise, and how much is of what the objects' pixels have beyond their PSF.

    table: id, x and y (arcsec from the stamp's centre) and psf_magnitude_BAND. sigma, psf: of the
    objects, (n, S, S, bands) and (n, P, P, bands). The noise is the median sigma's, as a bad pixel
    has none of its own; wider: pixels, the sigma of a Gaussian that broadens the PSF. A band whose
    magnitude is NaN is sky.
    """
    image = np.empty(sigma.shape, np.float32)
    side, scale = sigma.shape[1], instrument.pixel_scale
    for row, own in enumerate(table.to_dict("records")):
        rng = np.random.Generator(np.random.Philox(key=[seed, int(own["id"])]))
        for number, band in enumerate(instrument.bands):
            flux = 10 ** (0.4 * (instrument.zero_point - own[f"psf_magnitude_{band}"]))
            profile = psf[row, ..., number].astype(np.float64)
            if wider:
                profile = gaussian_filter(profile, wider)
                profile /= profile.sum()
            light = placed(profile, own["x"] / scale, own["y"] / scale, side)
            known = sigma[row, ..., number][np.isfinite(sigma[row, ..., number])]
            noise = float(np.median(known)) if known.size else 0.0
            sky = noise * rng.standard_normal((side, side))
            image[row, ..., number] = sky + (flux * light if np.isfinite(flux) else 0.0)
    return image
