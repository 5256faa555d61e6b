"""The hardest wrong cases: objects of known class with the largest loss, as pictures."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from halflight.report.colours import in_colour
from halflight.report.stamps import place_axes
from halflight.report.style import WIDTH, new_figure, not_measured, styled

COLUMNS = 6
MOST = 12  # pictures
_LABEL = 0.52
_HEAD = 0.34


@styled
def draw(image: NDArray[np.floating], cases: pd.DataFrame, *, title: str) -> Figure:
    """Draw wrong cases in colour, each with what it is, what it was called, and its magnitude.

    image: (n, S, S, bands) nanomaggies, sky 0, of bands u g r i z; g, r, i are blue, green, red.
    cases: (n,) label (1 for a star), value (the probability of a star), magnitude, kind, id.
    """
    count = min(len(cases), MOST)
    rows = max(-(-count // COLUMNS), 1)
    cell = WIDTH / COLUMNS
    figure = new_figure(_HEAD + rows * (cell + _LABEL), layout="none")
    height = figure.get_figheight()
    figure.text(0.03 / WIDTH, 1 - 0.08 / height, title, weight="bold", fontsize=10.5, va="top")
    if not count:
        axes = place_axes(figure, 0.0, _HEAD, WIDTH, cell)
        not_measured(axes, "no object of known class was called the other one")
    for place, (_, case) in enumerate(cases.head(count).iterrows()):
        row, column = divmod(place, COLUMNS)
        top = _HEAD + row * (cell + _LABEL)
        axes = place_axes(figure, column * cell, top, cell, cell, margin=0.03)
        axes.imshow(in_colour(image[place]), origin="lower", interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        name = case["kind"].replace("_", " ") or ("star" if case["label"] > 0.5 else "galaxy")
        text = f"{name}, r = {case['magnitude']:.1f}\np(star) = {case['value']:.3f}\n{case['id']}"
        axes.set_xlabel(text, fontsize=7.0, labelpad=3, parse_math=False)
    return figure
