"""Half the flux: SExtractor's FLUX_RADIUS of one stamp, by sep."""

import math
from typing import NamedTuple

import numpy as np
import sep
from numpy.typing import NDArray

from halflight.images.detection import REACH, extract
from halflight.images.surroundings import LEAST_AREA, NEAREST, THRESHOLD

KRON_FACTOR, KRON_LEAST = 2.5, 1.75  # SExtractor's PHOT_AUTOPARAMS 2.5, 3.5 (its diameter)


class HalfFlux(NamedTuple):
    """The circle with half of the automatic flux, and the light's rms axes; pixels, with seeing."""

    radius: float
    major: float
    minor: float


def half_flux(image: NDArray[np.floating], sigma: NDArray[np.floating]) -> HalfFlux | None:
    """FLUX_RADIUS of the source at the centre of a stamp (S, S); None where there is none.

    image: its sky taken off; bad pixels are NaN in it, or not finite in sigma. Other sources are
    masked. As sep's documentation does it: FLUX_AUTO in the Kron ellipse, then half of it.
    Raises ImageError where too many pixels lie above the threshold.
    """
    bad = ~(np.isfinite(image) & np.isfinite(sigma))
    pixels = np.ascontiguousarray(image, np.float32)
    objects, numbers = extract(pixels, np.ascontiguousarray(sigma, np.float32), bad, THRESHOLD,
                               LEAST_AREA)  # fmt: skip
    if not len(objects):
        return None
    centre = len(image) / 2 - 0.5
    apart = np.hypot(objects["x"] - centre, objects["y"] - centre)
    number = int(apart.argmin())
    if apart[number] > NEAREST + 1.0:
        return None
    own = objects[number]
    mask = bad | ((numbers > 0) & (numbers != number + 1))
    clean = np.where(bad, np.float32(0), pixels)
    at = tuple(np.atleast_1d(own[name]) for name in ("x", "y"))
    quarter = np.pi / 2 * (1 - 1e-6)  # sep refuses its own float32 of a right angle
    angle = np.clip(np.atleast_1d(own["theta"]).astype(np.float64), -quarter, quarter)
    ellipse = (np.atleast_1d(own["a"]), np.atleast_1d(own["b"]), angle)
    kron, _ = sep.kron_radius(clean, *at, *ellipse, REACH, mask=mask)
    reach = max(KRON_FACTOR * float(kron[0]), KRON_LEAST)
    flux, _, _ = sep.sum_ellipse(clean, *at, *ellipse, reach, subpix=1, mask=mask)
    if not flux[0] > 0:
        return None
    radius, _ = sep.flux_radius(
        clean, *at, REACH * ellipse[0], 0.5, normflux=flux, subpix=5, mask=mask
    )
    found = float(radius[0])
    if not (math.isfinite(found) and found > 0):
        return None
    return HalfFlux(found, float(own["a"]), float(own["b"]))
