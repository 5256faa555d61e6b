"""The sky and its scatter, measured on a mesh: SExtractor's estimate, a strip at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sep
from numpy.typing import NDArray

BOX = 64  # pixels a side: SExtractor's own choice, many times a faint galaxy
FILTER = 3  # boxes a side of the median that keeps bright galaxies out of the mesh
STRIP_BOXES = 8  # of boxes a strip has; the median filter sees no further
_FEW = 16  # pixels of an image with too few to tell a sky

Reader = Callable[[slice, slice], tuple[NDArray[np.float32], NDArray[np.bool_]]]


@dataclass(frozen=True)
class Background:
    """Sky level and rms of one pixel on a mesh of boxes, in the unit of what was read.

    level, rms: (rows, columns) of the mesh. box: pixels a side. median: of the level, one number.
    scatter: the median rms.
    """

    level: NDArray[np.float64]
    rms: NDArray[np.float64]
    box: int

    @property
    def median(self) -> float:
        """The level of the whole image, one number."""
        return float(np.nanmedian(self.level))

    @property
    def scatter(self) -> float:
        """The rms of a pixel of sky, one number."""
        return float(np.nanmedian(self.rms))

    def level_at(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """The sky of a window, bilinear between the boxes' centres."""
        return self._at(self.level, rows, columns)

    def rms_at(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """The rms of a window."""
        return self._at(self.rms, rows, columns)

    def _at(self, mesh: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.float32]:
        low, high, share = self._places(rows, len(mesh))
        lines = mesh[low] * (1 - share[:, None]) + mesh[high] * share[:, None]
        low, high, share = self._places(columns, mesh.shape[1])
        return (lines[:, low] * (1 - share) + lines[:, high] * share).astype(np.float32)

    def _places(
        self, pixels: slice, boxes: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """The two boxes that pixels lie between, and how far they are from the first."""
        at = (np.arange(pixels.start, pixels.stop) - (self.box - 1) / 2) / self.box
        at = np.clip(at, 0, boxes - 1)
        low = at.astype(np.intp)
        return low, np.minimum(low + 1, boxes - 1), at - low


def measure_background(
    read: Reader, shape: tuple[int, int], release: Callable[[], None]
) -> Background:
    """The sky of an image by clipped modes in boxes of 64 pixels (Bertin & Arnouts 1996, sect. 3).

    read: gives a window's pixels, float32, and which of them are bad. release: called after each
    strip, so that no more of the image than one stays in memory. The mode is 2.5 median - 1.5 mean,
    or the median where a crowd makes the two differ.
    """
    box = min(BOX, *shape)
    count = tuple(max(-(-side // box), 1) for side in shape)
    level, rms = np.full(count, np.nan), np.full(count, np.nan)
    step = box * STRIP_BOXES
    for top in range(0, shape[0], step):
        bottom = min(top + step, shape[0])
        pixels, bad = read(slice(top, bottom), slice(0, shape[1]))
        if (~bad).sum() < _FEW:
            continue
        pixels[bad] = 0.0
        measured = sep.Background(pixels, mask=bad, bw=box, bh=box, fw=FILTER, fh=FILTER)
        empty = _shares(bad, box) >= 1
        middle = np.arange(count[1]) * box + (box - 1) // 2
        middle = np.minimum(middle, shape[1] - 1)
        lines = np.minimum(np.arange(len(empty)) * box + (box - 1) // 2, bottom - top - 1)
        first = top // box
        for mesh, whole in ((level, measured.back()), (rms, measured.rms())):
            values = whole[np.ix_(lines, middle)].astype(np.float64)
            mesh[first : first + len(lines)] = np.where(empty, np.nan, values)
        release()
    return Background(_filled(level), _filled(rms), box)


def _shares(bad: NDArray[np.bool_], box: int) -> NDArray[np.float64]:
    """The fraction of bad pixels in each box."""
    rows, columns = (-(-side // box) for side in bad.shape)
    padded = np.ones((rows * box, columns * box), bool)
    padded[: bad.shape[0], : bad.shape[1]] = bad
    return padded.reshape(rows, box, columns, box).mean(axis=(1, 3))


def _filled(mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mesh with the median where a box has no pixel."""
    return np.where(np.isfinite(mesh), mesh, np.nanmedian(mesh) if np.isfinite(mesh).any() else 0.0)
