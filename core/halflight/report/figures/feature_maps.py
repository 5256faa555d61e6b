"""What the network makes of one stamp: the maps that it hands on, from fine to coarse."""

import numpy as np
from matplotlib.figure import Figure

from halflight.report.sight import Sight
from halflight.report.stamps import paste, place_axes, sheet
from halflight.report.style import INK, MUTED, NIGHT, WIDTH, new_figure, not_measured, styled

CHANNELS = 8  # of each map, those that vary most over the stamp
_NAME = 1.3  # inches
_CELL = (WIDTH - _NAME) / CHANNELS
_MARGIN = 0.03  # inches


@styled
def draw(sight: Sight) -> Figure:
    """Draw, a row a map, the stamp as the network is given it, then its most varied channels.

    Each is scaled from its own least to its greatest value.
    """
    rows = 1 + len(sight.maps)
    figure = new_figure(rows * _CELL, layout="none")
    if not sight.maps:
        not_measured(place_axes(figure, 0, 0, WIDTH, _CELL), "the network has no maps")
        return figure
    axes = sheet(figure)
    named = {"stamp": sight.seen[..., np.newaxis], **sight.maps}
    for row, (name, values) in enumerate(named.items()):
        middle = (row + 0.5) * _CELL
        axes.text(0.03, middle, name, va="bottom", fontsize=8, color=INK, parse_math=False)
        axes.text(0.03, middle + 0.06, " × ".join(map(str, values.shape)), va="top", fontsize=7.5,
                  color=MUTED)  # fmt: skip
        for place, channel in enumerate(varied(values)):
            corner = _NAME + place * _CELL + _MARGIN, row * _CELL + _MARGIN
            paste(axes, values[..., channel], *corner, _CELL - 2 * _MARGIN, cmap=NIGHT)
    return figure


def varied(values: np.ndarray) -> np.ndarray:
    """The channels of a map (H, W, channels) that vary most, in order."""
    spread = values.reshape(-1, values.shape[-1]).std(axis=0)
    return np.argsort(-spread, kind="stable")[:CHANNELS]
