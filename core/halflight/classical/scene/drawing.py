"""Drawing: weighted Sersic profiles and their derivatives, in square boxes of a stamp."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2

from halflight.classical.sersic_model import even_fast_length, psf_transform, wrapped_wings
from halflight.classical.sersic_transform import radial_table
from halflight.kernels.scene.equations import weighted_columns
from halflight.kernels.scene.modes import MODES, sersic_modes

SERSIC = ("x", "y", "ln_size", "shear_1", "shear_2", "ln_sersic_n", "ln_flux")
"""The parameters of a profile, in this order; lengths are in pixels."""
_PADDING = 1.5  # of a box, so that the image does not reach its periodic neighbours

_table = lru_cache(64)(radial_table)  # a disc's is asked for again and again


class Drawing:
    """Draws profiles behind one PSF in boxes of one size."""

    def __init__(self, psf: NDArray[np.floating], size: int) -> None:
        """Transform the PSF, (P, P) with its light at the middle, for boxes of size by size."""
        self.size = size
        self.grid = max(even_fast_length(_PADDING * size), even_fast_length(len(psf)))
        self._psf = psf_transform(psf, self.grid)
        self._modes = np.empty((MODES, *self._psf.shape), np.complex64)
        self._no_wings = np.zeros((size, size), np.float32)

    def columns(
        self,
        columns: NDArray[np.float32],
        profile: NDArray[np.float64],
        weight: NDArray[np.float32],
        top: int = 0,
        left: int = 0,
        *,
        wings: bool = False,
    ) -> None:
        """Fill (7, size, size) with the weighted derivatives by SERSIC; the last is the image.

        profile: by SERSIC, from the stamp's first pixel; weight: (S, S); top, left: of the box.
        wings: whether to subtract what the periodic images add.
        """
        x, y, ln_size, shear_1, shear_2, ln_n, ln_flux = profile
        table = _table(math.exp(ln_n))
        sersic_modes(
            self._modes,
            self._psf,
            table.columns,
            table.start,
            table.step,
            2.0 * math.pi / self.grid,
            x - left,
            y - top,
            ln_size,
            shear_1,
            shear_2,
        )
        planes = irfft2(self._modes, s=(self.grid, self.grid), workers=1)
        added = self._no_wings
        if wings:
            middle = self.size / 2.0 - 0.5
            shape = np.array([x - left - middle, y - top - middle, *profile[2:6]])
            added = wrapped_wings(shape, self.size, self.grid)
        weighted_columns(columns, planes, added, weight, top, left, np.float32(math.exp(ln_flux)))
