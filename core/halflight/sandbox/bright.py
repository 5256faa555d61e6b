"""What bright stars do to a frame: diffraction spikes, full wells, and the charge that bleeds."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE
from halflight.simulation.render import pixel_position
from halflight.simulation.scene import Galaxy, Star

if TYPE_CHECKING:
    from halflight.params.sandbox import Bright

Image = NDArray[np.float32]


def add_spikes(image: Image, objects: Sequence[Galaxy | Star], bright: "Bright") -> None:
    """Add the four spikes of every star above `spike_flux` to a frame (nmgy per pixel), in place.

    A spike falls as 1 / (1 + (d / d0)^2) with the distance d and is one pixel wide.
    """
    rows, columns = image.shape
    step = np.arange(1, int(bright.spike_length / PIXEL_SCALE))
    profile = 1 / (1 + (step * PIXEL_SCALE / bright.spike_scale) ** 2)
    profile *= bright.spike_fraction / (4 * profile.sum())
    for item in objects:
        if isinstance(item, Galaxy) or item.flux < bright.spike_flux:
            continue
        x, y = pixel_position(item, image.shape)
        for quarter in range(4):
            angle = math.radians(bright.spike_angle) + quarter * math.pi / 2
            column = np.rint(x + step * math.cos(angle)).astype(int)
            row = np.rint(y + step * math.sin(angle)).astype(int)
            inside = (0 <= row) & (row < rows) & (0 <= column) & (column < columns)
            light = (item.flux * profile[inside]).astype(np.float32)
            np.add.at(image, (row[inside], column[inside]), light)


def bleed(image: Image, full_well: float, scatter: float, rng: np.random.Generator) -> None:
    """Let what exceeds a pixel's full well (nmgy) flow along its column, both ways, in place.

    No charge is lost but over the frame's edges. Wells differ from pixel to pixel by a relative
    `scatter`, as no two saturated pixels of a camera read the same.
    """
    rows = image.shape[0]
    for column in np.flatnonzero((image > full_well).any(axis=0)).tolist():
        pixels = image[:, column]
        wells = full_well * (1 + scatter * np.clip(rng.standard_normal(rows), -3, 3))
        for start, stop in _runs(pixels > wells):
            excess = float((pixels[start:stop] - wells[start:stop]).sum())
            pixels[start:stop] = wells[start:stop]
            below, above = start - 1, stop
            while excess > 0 and (below >= 0 or above < rows):
                for row in (below, above):
                    if 0 <= row < rows:
                        taken = min(max(float(wells[row] - pixels[row]), 0.0), excess)
                        pixels[row] += taken
                        excess -= taken
                below, above = below - 1, above + 1


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The half-open ranges in which a mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
