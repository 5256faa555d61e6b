"""The noise of an SDSS pixel: photons of object and sky, read-out and dark current."""

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import Exposure


def add_noise(
    image_nmgy: NDArray[np.floating], exposure: Exposure, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A noisy, sky-subtracted image (nmgy, float32) of a noiseless one of any shape.

    Electrons are Poisson about (image / nmgy_per_count + sky) gain; the dark variance (counts^2)
    is Gaussian. Mean and variance are those of the SDSS `frame` data model, `Exposure.sigma`.
    Raises ValueError where image and sky together are negative or not finite.
    """
    electrons = (image_nmgy / exposure.nmgy_per_count + exposure.sky) * exposure.gain
    lowest = float(np.min(electrons))
    if not (lowest >= 0 and np.all(np.isfinite(electrons))):
        raise ValueError(
            f"image plus sky must be finite and not negative, got a minimum of {lowest} electrons: "
            "raise the sky or lower its residual"
        )
    counts = rng.poisson(electrons) / exposure.gain
    counts += np.sqrt(exposure.dark_variance) * rng.standard_normal(counts.shape)
    noisy = (counts - exposure.sky) * exposure.nmgy_per_count
    return np.asarray(noisy, dtype=np.float32)
