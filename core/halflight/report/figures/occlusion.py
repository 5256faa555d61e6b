"""Which light counts: what covering each part of a stamp does to the radius and its error bar."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from halflight.report.sight import Sight
from halflight.report.stamps import paste, place_axes, sheet
from halflight.report.style import (
    INK,
    MUTED,
    NIGHT,
    RESIDUAL,
    WIDTH,
    new_figure,
    not_measured,
    styled,
)

_NAME = 1.5  # inches
_HEAD = 0.26
_MOST = 4  # stamps in a row
_MARGIN = 0.03  # inches


@styled
def draw(sight: Sight) -> Figure:
    """Draw stamps as the network is given them; below, the change of ln R and of ln sigma.

    Where a square is red its covering makes the answer larger, where it is blue smaller; each row
    of maps has one scale, said beside it.
    """
    count = min(len(sight.labels), _MOST)
    if not count:
        figure = new_figure(1.2, layout="none")
        not_measured(place_axes(figure, 0, 0, WIDTH, 1.2), "no stamp was covered")
        return figure
    cell = (WIDTH - _NAME) / _MOST
    figure = new_figure(_HEAD + 3 * cell, layout="none")
    axes = sheet(figure)
    changes = {"change of\nln R": sight.value_change, "change of\nln σ": sight.sigma_change}
    for row, (name, values) in enumerate({"stamp": sight.stamps, **changes}.items()):
        shown, middle = values[:count], _HEAD + (row + 0.5) * cell
        axes.text(0.03, middle, name, va="bottom", fontsize=9, color=INK)
        colours: dict[str, Any] = {"cmap": NIGHT}
        if row:
            limit = float(np.abs(shown).max()) or 1.0
            colours = {"cmap": RESIDUAL, "vmin": -limit, "vmax": limit}
            axes.text(0.03, middle + 0.07, f"−{limit:.2f} to {limit:.2f}", va="top", fontsize=8,
                      color=MUTED)  # fmt: skip
        for place, picture in enumerate(shown):
            left, top = _NAME + place * cell, _HEAD + row * cell
            paste(axes, picture, left + _MARGIN, top + _MARGIN, cell - 2 * _MARGIN, **colours)
            if not row:
                axes.text(left + 0.5 * cell, top - 0.02, sight.labels[place], ha="center",
                          va="bottom", fontsize=8.5, color=MUTED, parse_math=False)  # fmt: skip
    return figure
