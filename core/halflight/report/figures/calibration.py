"""Are the error bars honest: the PIT histogram and the coverage curve of every method."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.formatting import format_count, format_fraction
from halflight.report.residuals import calibrated, coverage_band, coverage_curve, reference_name
from halflight.report.style import (
    FAINT,
    GRID,
    INK,
    MUTED,
    new_figure,
    not_measured,
    styled,
)

FEW = 30  # fewer error bars than this draw no histogram
_SQUARE = 4  # up to as many histograms stand in two columns, more in three
_LEVELS = np.linspace(0, 1, 51)
_MARKED = (0.68, 0.95)


@styled
def draw(predictions: pd.DataFrame, objects: pd.DataFrame, *, dataset: str) -> Figure:
    """Draw the PIT histogram of every method with error bars, and the coverage of all.

    Uniform PIT and coverage on the diagonal mean that the error bars of ln R are honest. Judged
    against the truth where any is known, else against the reference radius.
    """
    against, values = calibrated(predictions, objects, dataset, fewest=FEW)
    words = f"against {reference_name(dataset, against)}"
    if not values:
        figure = new_figure(3.0)
        axes = figure.subplots()
        axes.set_title(f"{dataset.capitalize()}: PIT")
        not_measured(axes, f"fewer than {FEW} {dataset} error bars {words}")
        return figure
    columns = 2 if len(values) <= _SQUARE else 3
    rows = -(-len(values) // columns)
    figure = new_figure(max(3.9, 0.5 + 2.0 * rows))
    halves = figure.add_gridspec(1, 2, width_ratios=[1.35, 1])
    left, right = figure.add_subfigure(halves[0]), figure.add_subfigure(halves[1])
    panels = left.subplots(rows, min(len(values), columns), squeeze=False, sharex=True)
    left.suptitle(f"{dataset.capitalize()}: PIT, {words}", x=0.02, ha="left", weight="bold",
                  fontsize=10.5)  # fmt: skip
    tallest = max(_histogram(pit)[0].max() for pit in values.values())
    for axes, (method, pit) in zip(panels.flat, values.items(), strict=False):
        _draw_pit(axes, pit, METHODS[method].colour, max(1.9, 1.25 * float(tallest)))
        axes.set_title(METHODS[method].title, color=METHODS[method].colour, fontsize=8.5, pad=4)
    for axes in panels.flat[len(values) :]:
        axes.set_axis_off()
    coverage = right.subplots()
    coverage.set_title("Coverage (values at 68 and 95 %)")
    _draw_coverage(coverage, values)
    return figure


def _histogram(pit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The density of PIT values, and the edges of its cells."""
    cells = int(np.clip(len(pit) // 25, 5, 20))
    return np.histogram(pit, bins=cells, range=(0, 1), density=True)


def _draw_pit(axes: Axes, pit: np.ndarray, colour: str, top: float) -> None:
    """Draw a PIT histogram with its counting errors and the 95 % scatter of a uniform one."""
    density, edges = _histogram(pit)
    cells = len(density)
    axes.bar(edges[:-1], density, width=1 / cells, align="edge", color=colour, alpha=0.5,
             edgecolor="white", linewidth=0.6)  # fmt: skip
    share = density / cells
    error = cells * np.sqrt(share * (1 - share) / len(pit))
    axes.vlines(edges[:-1] + 0.5 / cells, density - error, density + error, color=colour, lw=1.0)
    axes.axhline(1, color=INK, lw=0.8)
    scatter = 1.96 * np.sqrt((cells - 1) / len(pit))
    for edge in (1 - scatter, 1 + scatter):
        axes.axhline(edge, color=INK, lw=0.7, ls=(0, (4, 3)))
    axes.text(0.97, 0.95, f"{format_count(len(pit))}", transform=axes.transAxes, ha="right",
              va="top", color=MUTED, fontsize=7.5)  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, top), xticks=(0, 0.5, 1))
    axes.set_xticklabels(("0", "0.5", "1"))
    axes.grid(False)


def _draw_coverage(axes: Axes, values: dict[str, np.ndarray]) -> None:
    """Draw observed against nominal coverage, with errors at 68 and 95 %, and print these."""
    smallest = min(len(pit) for pit in values.values())
    band = coverage_band(smallest, _LEVELS)
    axes.fill_between(_LEVELS, _LEVELS - band, _LEVELS + band, color=GRID, zorder=0)
    axes.plot([0, 1], [0, 1], color=INK, lw=0.9)
    for level in _MARKED:
        axes.axvline(level, color=FAINT, lw=0.8, ls=(0, (2, 2)))
        axes.text(level, 0.015, f"{100 * level:.0f}\u202f% ", color=MUTED, fontsize=7.5, ha="right")
    for row, (method, pit) in enumerate(values.items()):
        colour = METHODS[method].colour
        axes.plot(_LEVELS, coverage_curve(pit, _LEVELS), color=colour, lw=1.6)
        marked = coverage_curve(pit, np.array(_MARKED))
        error = np.sqrt(marked * (1 - marked) / len(pit))
        shift = 0.008 * (row - 0.5 * (len(values) - 1))
        axes.errorbar(np.array(_MARKED) + shift, marked, error, color=colour, lw=1.2, ls="",
                      marker=METHODS[method].marker, ms=4)  # fmt: skip
        text = " / ".join(format_fraction(float(value)) for value in marked)
        axes.text(
            0.03, 0.97 - 0.066 * row, f"{METHODS[method].short}: {text}", color=colour,
            fontsize=7.8, va="top",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set(xlabel="nominal coverage", ylabel="observed coverage")
