"""Scatter and coverage by size, Sersic index, axis ratio and crowding, of every method."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.bin_tables import PROPERTIES, Grid, comparable_bins, label
from halflight.report.style import (
    INK,
    MUTED,
    decimal_log_axis,
    label_line_ends,
    new_figure,
    not_measured,
    styled,
)

_DODGE = 0.07  # bins between the markers of neighbouring methods
_LEVEL = 0.68
_TITLE_WIDTH = 20  # letters
_LINES = ("nmad", "crb_nmad")


@styled
def draw(bins: pd.DataFrame, *, dataset: str) -> Figure:
    """Draw, a column a property, the NMAD of ln R and the coverage of 68 % intervals by bin.

    bins: see `halflight.report.inputs.COLUMNS`. Vertical lines are 68 % bootstrap intervals, dashed
    ones the scatter that the Cramer-Rao bounds of the galaxies in a bin imply.
    """
    grids = {by: Grid.of_rows(comparable_bins(bins, dataset, by=by)[0]) for by in PROPERTIES}
    shown = {by: grid for by, grid in grids.items() if np.isfinite(grid.of("nmad")).any()}
    figure = new_figure(4.8)
    if not shown:
        not_measured(figure.subplots(), f"no {dataset} galaxies in any bin")
        return figure
    panels = figure.subplots(2, len(shown), sharey="row", sharex="col", squeeze=False)
    for (by, grid), (scatter, coverage) in zip(shown.items(), panels.T, strict=True):
        scatter.set_title(fill(PROPERTIES[by], _TITLE_WIDTH), fontsize=9)
        scatter.set_yscale("log")
        decimal_log_axis(scatter.yaxis)
        coverage.axhline(_LEVEL, color=INK, lw=0.9)
        for place, bound in enumerate(grid.of("crb_nmad")[0]):
            scatter.plot([place - 0.4, place + 0.4], [bound, bound], color=MUTED, lw=1.1,
                         ls=(0, (3, 1.5)))  # fmt: skip
        _draw_lines(scatter, grid, "nmad")
        _draw_lines(coverage, grid, "coverage_68")
        names = [label(*pair).replace("0.", ".") for pair in grid.bins]
        coverage.set_xticks(range(len(names)), names, fontsize=7.5)
        coverage.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1))
        for axes in (scatter, coverage):
            axes.grid(False, axis="x")
    drawn = np.concatenate([grid.of(name).ravel() for grid in shown.values() for name in _LINES])
    # An interval of a few galaxies may reach down to nothing: the axis ends near the least value.
    panels[0, 0].set_ylim(bottom=0.6 * float(np.nanmin(drawn)))
    last = list(shown.values())[-1]
    for axes, score in zip(panels[:, -1], ("nmad", "coverage_68"), strict=True):
        label_line_ends(axes, _ends(last, score), gap=0.085)
    panels[0, 0].set_ylabel("NMAD of ln R", fontsize=8.5)
    panels[1, 0].set_ylabel("held by 68\u202f% intervals", fontsize=8.5)
    return figure


def _draw_lines(axes: Axes, grid: Grid, score: str) -> None:
    """Draw one score of every method that has it, broken where it is not measured."""
    values = grid.of(score)
    low, high = grid.of(f"{score}_low"), grid.of(f"{score}_high")
    for row, method in enumerate(grid.methods):
        if not np.isfinite(values[row]).any():
            continue
        place = np.arange(values.shape[1]) + _DODGE * (row - 0.5 * (len(values) - 1))
        colour, marker = METHODS[method].colour, METHODS[method].marker
        axes.vlines(place, low[row], high[row], color=colour, lw=1.2)
        axes.plot(place, values[row], color=colour, marker=marker, mec="white", mew=0.6, ms=5,
                  lw=1.2)  # fmt: skip


def _ends(grid: Grid, score: str) -> list[tuple[float, str, str]]:
    """The last value, title and colour of each method that has one."""
    return [
        (float(known[-1]), METHODS[method].short, METHODS[method].colour)
        for method, values in zip(grid.methods, grid.of(score), strict=True)
        if len(known := values[np.isfinite(values)])
    ]
