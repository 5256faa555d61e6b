"""Bias and scatter by magnitude: the network beside the classical methods and the bound."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import (
    INK,
    decimal_log_axis,
    label_line_ends,
    new_figure,
    not_measured,
    styled,
)

_DODGE = 0.035  # magnitudes between the markers of neighbouring methods


@styled
def draw(bins: pd.DataFrame, *, dataset: str, methods: Sequence[str] = tuple(METHODS)) -> Figure:
    """Draw NMAD of ln R (with 68 % bootstrap intervals) and bias of R in bins of magnitude.

    bins: one row a method and bin with bin_low, bin_high (mag), count, bias = median(R/R_ref - 1),
    nmad, nmad_low, nmad_high and crb_nmad, the scatter that the Cramer-Rao bound allows. A line
    breaks at an empty bin.
    """
    rows = bins[bins["dataset"] == dataset]
    measured = rows[(rows["count"] > 0) & np.isfinite(rows["nmad"])]
    shown = [method for method in methods if (measured["method"] == method).any()]
    figure = new_figure(4.0)
    scatter, bias = figure.subplots(1, 2, sharex=True)
    scatter.set_title("Scatter, NMAD of ln R")
    bias.set_title("Bias, median(R / R expected) − 1")
    if not shown:
        for axes in (scatter, bias):
            not_measured(axes, f"no {dataset} galaxies in any magnitude bin")
        return figure
    scatter.set_yscale("log")
    decimal_log_axis(scatter.yaxis)
    bias.axhline(0, color=INK, lw=0.9)
    bound = _draw_bound(scatter, rows)
    ends: dict[Axes, list[tuple[float, str, str]]] = {scatter: bound, bias: []}
    for order, method in enumerate(shown):
        one = rows[rows["method"] == method].sort_values("bin_low")
        centre = (one["bin_low"] + one["bin_high"]) / 2 + _DODGE * (order - (len(shown) - 1) / 2)
        colour, marker = METHODS[method].colour, METHODS[method].marker
        style = {"color": colour, "marker": marker, "mec": "white", "ms": 6.5, "mew": 0.8}
        scatter.vlines(centre, one["nmad_low"], one["nmad_high"], color=colour, lw=1.4)
        scatter.plot(centre, one["nmad"], **style)
        bias.plot(centre, one["bias"], **style)
        for axes, column in ((scatter, "nmad"), (bias, "bias")):
            for value in one[column].dropna().tail(1):
                ends[axes].append((float(value), METHODS[method].title, colour))
    for axes in (scatter, bias):
        axes.set_xlabel("magnitude")
        axes.set_xlim(measured["bin_low"].min() - 0.1, measured["bin_high"].max() + 0.1)
        label_line_ends(axes, ends[axes], gap=0.065)
    return figure


def _draw_bound(axes: Axes, rows: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Draw the Cramer-Rao line, one value a bin, and return its end and name (none if unknown)."""
    bound = rows.groupby(["bin_low", "bin_high"])["crb_nmad"].median().reset_index().dropna()
    if bound.empty:
        return []
    centre = (bound["bin_low"] + bound["bin_high"]) / 2
    axes.plot(centre, bound["crb_nmad"], color=INK, lw=1.3, ls=(0, (5, 2)), marker="_", ms=9)
    return [(float(bound["crb_nmad"].iloc[-1]), "Cramér–Rao bound", INK)]
