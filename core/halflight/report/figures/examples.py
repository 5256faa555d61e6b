"""The galaxies measured best and worst, and some at random, with what the scene fit leaves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.report.examples import GROUPS, Example
from halflight.report.residuals import join
from halflight.report.stamps import MISSING, asinh_stretch, crop, paste, place_axes, sheet
from halflight.report.style import (
    DATASET_COLOURS,
    INK,
    MUTED,
    NIGHT,
    RESIDUAL,
    WIDTH,
    new_figure,
    not_measured,
    styled,
)

MOST_SIGMA = 5  # of the noise, where the colours of what is left end
_GAP = 0.16  # inches between groups
_CELL = (WIDTH - 2 * _GAP) / 9
_HEAD, _TEXT, _REST = 0.44, 0.3, 0.1  # inches: titles, a line of numbers, less below the last
_MARGIN = 0.02
_LEAST_PIXELS = 32  # of a crop
_RADII = 12  # half-light radii along a side of a crop
_PANELS = ("image", "model", "left over")


@styled
def draw(
    examples: Sequence[Example],
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    dataset: str,
    method: str,
    against: str,
    pixel_scale: float,
) -> Figure:
    """Draw each galaxy, what the scene fit explains of it, and what is left over its noise.

    pixel_scale: arcsec a pixel. Images are cropped to about twelve expected half-light radii.
    """
    rows = join(predictions, objects, dataset=dataset, method=method, against=against)
    known = rows.set_index("id").reindex([one.id for one in examples])
    groups = {name: [one for one in examples if one.group == name] for name in GROUPS}
    count = max(map(len, groups.values()), default=0)
    figure = new_figure(_HEAD + max(count, 1) * (_CELL + _TEXT) - _REST, layout="none")
    if not count:
        not_measured(place_axes(figure, 0, _HEAD, WIDTH, _CELL), f"no {dataset} galaxies to show")
        return figure
    axes = sheet(figure)
    for place, (name, words) in enumerate(GROUPS.items()):
        left = place * (3 * _CELL + _GAP)
        axes.text(left + 0.03, 0.04, words.capitalize(), va="top", weight="bold", fontsize=10.5,
                  color=DATASET_COLOURS[dataset])  # fmt: skip
        for panel, title in enumerate(_PANELS):
            axes.text(left + (panel + 0.5) * _CELL, _HEAD - 0.04, title, ha="center",
                      va="bottom", fontsize=7.5, color=MUTED)  # fmt: skip
        for number, example in enumerate(groups[name]):
            top, row = _HEAD + number * (_CELL + _TEXT), known.loc[example.id]
            _paste_one(axes, left, top, example, float(np.exp(row["expected"])) / pixel_scale)
            axes.text(left + 0.03, top + _CELL + 0.03, _words(row), va="top", fontsize=7.5,
                      color=INK)  # fmt: skip
    return figure


def _paste_one(axes: Axes, left: float, top: float, example: Example, radius: float) -> None:
    """Paste a galaxy of an expected radius in pixels, its model, and what is left over."""
    full = example.image.shape[0]
    wanted = _RADII * radius if np.isfinite(radius) else full
    size = int(np.clip(2 * round(wanted / 2), min(_LEAST_PIXELS, full), full))
    size -= (full - size) % 2
    image, sigma = crop(example.image, size), crop(example.sigma, size)
    bright: dict[str, Any] = {"cmap": NIGHT.with_extremes(bad=MISSING), "vmin": 0, "vmax": 1}
    panels = [(asinh_stretch(image, sigma), bright)]
    if example.model is not None:
        model = crop(example.model, size)
        left_over = np.where(np.isfinite(sigma), (image - model) / sigma, np.nan)
        ends = {"vmin": -MOST_SIGMA, "vmax": MOST_SIGMA}
        panels.append((asinh_stretch(model, sigma), bright))
        panels.append((left_over, {"cmap": RESIDUAL.with_extremes(bad=MISSING), **ends}))
    for place, (picture, colours) in enumerate(panels):
        corner = left + place * _CELL + _MARGIN, top + _MARGIN
        paste(axes, picture, *corner, _CELL - 2 * _MARGIN, **colours)
    for place in range(len(panels), len(_PANELS)):
        axes.text(left + (place + 0.5) * _CELL, top + 0.5 * _CELL, "none", ha="center",
                  va="center", color=MUTED, fontsize=8)  # fmt: skip


def _words(row: pd.Series) -> str:
    """The expected and the measured radius (arcsec), and how far apart they are in ln R."""
    if not np.isfinite(row["predicted"]):
        return "not measured"
    expected, measured = np.exp(row["expected"]), np.exp(row["predicted"])
    off = row["predicted"] - row["expected"]
    sign = "+" if off >= 0 else "\u2212"
    return (
        f"m {row['magnitude']:.1f}   {measured:.2f}\u2033 for {expected:.2f}\u2033"
        f"   {sign}{abs(off):.3f}"
    )
