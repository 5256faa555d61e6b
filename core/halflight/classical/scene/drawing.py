"""Drawing: Sersic profiles and their derivatives, in square boxes of a stamp."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from halflight.classical.sersic_model import psf_transform, subtract_wings
from halflight.classical.sersic_transform import radial_table
from halflight.kernels.scene.equations import MARGIN, weighted_columns
from halflight.kernels.scene.modes import PLANES, sersic_modes
from halflight.kernels.scene.transform import fast_length, plan, to_pixels

SERSIC = ("x", "y", "ln_size", "shear_1", "shear_2", "ln_sersic_n", "ln_flux")
"""The parameters of a profile, in this order; lengths are in pixels."""
# Of a box, so that the image does not reach its periodic neighbours, whose wings are taken away.
_PADDING = 4.0 / 3.0
# Frequencies that the PSF dims to less than this are not drawn: they are 1e-3 of a star's peak at
# most, and of a galaxy much less.
_DARK = 2e-4

# How a profile's columns are made of its planes (image, ln size, shears, ln n), but for its flux.
_PLAIN = np.roll(np.eye(PLANES, dtype=np.float32), -1, axis=0)

_table = lru_cache(64)(radial_table)  # a disc's is asked for again and again


class Drawings(dict[int, "Drawing"]):
    """The drawings of one PSF, by the size of a box, made when first asked for."""

    def __init__(self, psf: NDArray[np.floating]) -> None:
        """psf: (P, P), with its light at the middle."""
        super().__init__()
        self._psf_stamp = psf

    def __missing__(self, size: int) -> "Drawing":
        """Prepare a size."""
        self[size] = Drawing(self._psf_stamp, size)
        return self[size]


class Drawing:
    """Draws profiles behind one PSF in boxes of one size."""

    def __init__(self, psf: NDArray[np.floating], size: int) -> None:
        """Transform the PSF, (P, P) with its light at the middle, for boxes of size by size."""
        self.size = size
        self.grid = fast_length(max(_PADDING * size, len(psf)))
        self._plan = plan(self.grid)
        transform = psf_transform(psf.T, self.grid)  # by kx and by ky >= 0
        bright = np.abs(transform) > _DARK
        passing = np.arange(1, transform.shape[1] + 1, dtype=np.int32)
        self._reach = np.where(bright, passing, np.int32(0)).max(axis=1)
        scaled = transform[:, : self._reach.max()] / np.float32(self.grid**2)
        self._psf = np.stack([scaled.real, scaled.imag])
        self._memory: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def sersic(
        self,
        columns: NDArray[np.float32],
        profile: NDArray[np.float64],
        weight: NDArray[np.float32],
        top: int = 0,
        left: int = 0,
        *,
        wings: bool = False,
    ) -> None:
        """Fill (7, size, size) with the weighted derivatives by SERSIC; the last is the image."""
        mixing = _PLAIN * np.float32(math.exp(profile[6]))
        self.columns(columns, [profile], mixing, PLANES - 1, weight, top, left, wings=wings)

    def columns(
        self,
        columns: NDArray[np.float32],
        profiles: Sequence[NDArray[np.float64]],
        mixing: NDArray[np.float32],
        shown: int,
        weight: NDArray[np.float32],
        top: int = 0,
        left: int = 0,
        *,
        wings: bool = False,
    ) -> None:
        """Fill (2 + m, size, size) with weighted sums of the profiles' planes.

        profiles: one or two by SERSIC, about one centre, from the stamp's first pixel. Each has
        the planes image, and its derivatives by ln size, two shears and ln n, at unit flux; but
        for the last profile the one by ln n is left out. mixing: (m, planes), how much of each
        plane is in each column after two; these are the derivatives by x and y of the image, row
        `shown` of mixing. weight: (S, S); top, left: of the box in the stamp.
        wings: whether to subtract what the periodic images add.
        """
        count = (PLANES - 1) * len(profiles) + 1
        modes, planes = self._reserved(count)
        # Boxes are drawn with a margin, in which differences of neighbouring pixels are taken.
        corner_x, corner_y = left - MARGIN, top - MARGIN
        for k, profile in enumerate(profiles):
            x, y, ln_size, shear_1, shear_2, ln_n, _ = profile
            table = _table(math.exp(ln_n))
            first = (PLANES - 1) * k
            sersic_modes(
                modes[first : count if k == len(profiles) - 1 else first + PLANES - 1],
                self._psf,
                self._reach,
                table.columns,
                table.start,
                table.step,
                2.0 * math.pi / self.grid,
                x - corner_x,
                y - corner_y,
                ln_size,
                shear_1,
                shear_2,
            )
        side = self.size + 2 * MARGIN
        to_pixels(planes, modes, self._plan.radices, self._plan.turns)
        if wings:
            middle = side / 2.0 - 0.5
            for k, (x, y, *rest) in enumerate(profiles):
                shape = np.array([x - corner_x - middle, y - corner_y - middle, *rest[:4]])
                subtract_wings(planes[(PLANES - 1) * k], shape, self.grid)
        weighted_columns(columns, planes, mixing, shown, weight, top, left)

    def _reserved(self, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Memory of so many planes: their modes and their pixels."""
        if count not in self._memory:
            side = self.size + 2 * MARGIN
            modes = np.empty((count, *self._psf.shape), np.float32)
            self._memory[count] = modes, np.empty((count, side, side), np.float32)
        return self._memory[count]
