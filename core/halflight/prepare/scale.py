"""Scale pixels for the network by a stretch that keeps the flux."""

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """z = (arcsinh(f / softening) - mean) / deviation, the same for every stamp.

    The arcsinh stretch (Lupton, Gunn & Szalay 1999, AJ 118, 1406) is linear in the noise and
    logarithmic in bright pixels. It is one fixed, monotonic function, so the flux of a stamp can
    be had back from its scaled pixels; a scaling by each stamp's own peak would lose it.

    softening : nanomaggies for images; for a PSF stamp the fraction of its flux in a pixel.
    mean, deviation : of the stretched training pixels.
    """

    softening: float
    mean: float
    deviation: float

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Scaled float32 pixels, same shape."""
        stretched = np.arcsinh(pixels.astype(np.float32) * np.float32(1 / self.softening))
        return (stretched - np.float32(self.mean)) * np.float32(1 / self.deviation)

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """The pixels that `apply` scaled, float32."""
        stretched = scaled * np.float32(self.deviation) + np.float32(self.mean)
        return np.sinh(stretched) * np.float32(self.softening)

    def to_dict(self) -> dict[str, float]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, float]) -> Self:
        """The inverse of `to_dict`."""
        return cls(**values)


def fit_scaling(pixels: np.ndarray, softening: float) -> Scaling:
    """Fit mean and deviation on training pixels of any shape.

    Raises ValueError when `softening` is not positive or the pixels are empty, not finite or all
    the same.
    """
    if not softening > 0:
        raise ValueError(f"the softening must be positive; received {softening}")
    stretched = np.arcsinh(np.asarray(pixels, np.float64) / softening)
    if not stretched.size or not np.isfinite(stretched).all():
        raise ValueError("scaling needs finite training pixels: clean the stamps first")
    mean, deviation = float(stretched.mean()), float(stretched.std())
    if deviation == 0:
        raise ValueError(f"all {stretched.size} training pixels are equal: nothing to scale")
    return Scaling(softening, mean, deviation)
