"""Looking: the image and the stamps that the page of a measurement shows, with their models."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.classical import StampModel, shape_vector
from halflight.classical.moments import PsfError
from halflight.images import Cutouts, Field
from halflight.measuring.targets import Targets
from halflight.report.measured import Example, Overview, choose

MOST_PIXELS = 1440  # along the longer side of the page's picture, whose width it is
_STEPS = 4  # of Gauss and Newton, towards the position of a model
_FURTHEST = 3.0  # pixels that a source may lie off where its catalogue has it
_STRIP = 1 << 24  # pixels of the image in memory at a time


def overview_of(opened: Field, run: int = 0) -> Overview:
    """The image, reduced to at most `MOST_PIXELS` a side by means of squares.

    Bad pixels are left out of a mean; a square without a good one is NaN.
    """
    height, width = opened.shape
    step = max(1, math.ceil(max(height, width) / MOST_PIXELS))
    rows, columns = height // step, width // step
    strip = max(1, _STRIP // (width * step))
    parts = []
    for first in range(0, rows, strip):
        last = min(first + strip, rows)
        pixels = opened.read(slice(first * step, last * step), slice(0, columns * step)).image
        squares = pixels.reshape(last - first, step, columns, step)
        good = np.isfinite(squares)
        count = good.sum(axis=(1, 3))
        light = np.where(good, squares, 0.0).sum(axis=(1, 3), dtype=np.float64)
        parts.append(np.divide(light, count, out=np.full(count.shape, np.nan), where=count > 0))
        opened.release()
    return Overview(opened.path.name, np.concatenate(parts), step, run)


def examples_of(targets: Targets, rows: pd.DataFrame, first: int = 0) -> list[Example]:
    """The best, the worst and the flagged of a run's rows, as stamps with their models.

    first: number of the run's first row in the table that the page shows.
    """
    groups = choose(rows)
    wanted = np.unique([row for chosen in groups.values() for row in chosen]).astype(np.int64)
    stamps = {}
    for cut in targets.cut(wanted) if len(wanted) else ():
        for place, row in enumerate(cut.rows):
            stamps[int(row)] = _stamp(cut, place, rows.iloc[int(row)])
    return [
        Example(group, first + row, *stamps[row])
        for group, chosen in groups.items()
        for row in chosen
        if row in stamps
    ]


Stamp = tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.float64] | None, int, float, float
]


def _stamp(cut: Cutouts, place: int, row: pd.Series) -> Stamp:
    image, sigma, psf = (  # of several bands, the one whose pixels they are
        np.asarray(a[place] if a.ndim == 3 else a[place, ..., 0], np.float32)
        for a in (cut.image, cut.sigma, cut.psf)
    )
    binning = int(cut.binning[place])
    start = float(cut.dx[place]), float(cut.dy[place])
    found = model_of(image, sigma, psf, row, binning, start)
    model, x, y = (None, *start) if found is None else found
    return image, sigma, model, binning, x, y


def model_of(
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    psf: NDArray[np.float32],
    row: pd.Series,
    binning: int,
    start: tuple[float, float],
) -> tuple[NDArray[np.float64], float, float] | None:
    """What a row's R_e, axis ratio, angle and Sersic index predict of a stamp; None without them.

    Only the position, the flux and a constant sky are fitted, by weighted least squares; the sky is
    left out of the model. start: x and y in pixels from the stamp's centre. Returns the model,
    (S, S), and its x and y.
    """
    names = ("half_light_radius_pix", "axis_ratio", "position_angle_image", "sersic_n")
    radius, ratio, angle, index = (float(row[name]) for name in names)
    usable = np.isfinite(image) & np.isfinite(sigma) & (sigma > 0)
    if not (np.isfinite([radius, ratio, angle, index]).all() and usable.any()):
        return None
    try:
        drawn = StampModel(psf, stamp_size=len(image), pixel_scale=1.0)
    except PsfError:  # the row's flags say so
        return None
    shape = shape_vector(
        half_light_radius=radius / binning,
        axis_ratio=min(ratio, 1.0),
        position_angle=math.radians(angle),
        sersic_n=index,
        x=start[0],
        y=start[1],
    )
    weight = 1.0 / sigma[usable].astype(np.float64)
    data = image[usable] * weight
    flux = 0.0
    for _ in range(_STEPS):
        unit, gradient = drawn.image_and_gradient(shape)
        planes = [unit, gradient[0], gradient[1], np.ones_like(unit)]
        columns = np.stack([plane[usable] * weight for plane in planes], axis=1)
        solution = np.linalg.lstsq(columns, data, rcond=None)[0]
        flux = float(solution[0])
        if not flux > 0:
            return None
        moved = shape[:2] + solution[1:3] / flux - start
        shape[:2] = start + np.clip(moved, -_FURTHEST, _FURTHEST)
    return flux * drawn.image(shape).astype(np.float64), float(shape[0]), float(shape[1])
