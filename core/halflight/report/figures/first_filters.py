"""The filters of the network's first convolution: the patterns of light that it looks for."""

import numpy as np
from matplotlib.figure import Figure

from halflight.report.sight import Sight
from halflight.report.stamps import paste, place_axes, sheet
from halflight.report.style import RESIDUAL, WIDTH, new_figure, not_measured, styled

COLUMNS = 16
MOST = 48  # filters drawn: three rows
_CELL = WIDTH / COLUMNS
_MARGIN = 0.03  # inches


@styled
def draw(sight: Sight) -> Figure:
    """Draw each filter, the strongest first, blue below 0 and red above, on one scale.

    Of several bands their mean is drawn.
    """
    filters = strongest(sight.filters)
    rows = max(-(-len(filters) // COLUMNS), 1)
    figure = new_figure(rows * _CELL, layout="none")
    if not len(filters):
        not_measured(place_axes(figure, 0, 0, WIDTH, _CELL), "the network has no convolution")
        return figure
    limit = float(np.abs(filters).max()) or 1.0
    axes = sheet(figure)
    for number, values in enumerate(filters):
        row, column = divmod(number, COLUMNS)
        corner = column * _CELL + _MARGIN, row * _CELL + _MARGIN
        paste(axes, values, *corner, _CELL - 2 * _MARGIN, cmap=RESIDUAL, vmin=-limit, vmax=limit)
    return figure


def strongest(filters: np.ndarray) -> np.ndarray:
    """The filters (n, height, width) that are drawn, of all (n, height, width, bands)."""
    mean = filters.mean(axis=-1)
    order = np.argsort(-np.square(mean).sum(axis=(1, 2)), kind="stable")
    return mean[order[:MOST]]
