"""Predicted against expected radius: the density, and the residual against each of the two."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.formatting import format_count
from halflight.report.residuals import join, reference_name, running_quantiles
from halflight.report.style import (
    DENSITY,
    INK,
    MUTED,
    PALE_DENSITY,
    new_figure,
    not_measured,
    radius_axis,
    styled,
)

FEW = 400  # below this many galaxies every one is drawn; above, the density
_CELLS = 70
_RUNNING = "#a34e00"


@styled
def draw(
    predictions: pd.DataFrame, objects: pd.DataFrame, *, dataset: str, method: str, against: str
) -> Figure:
    """Draw one method's radii (arcsec, log axes) against "truth" or "reference" of a dataset.

    The residual is ln(predicted / expected); the lines are its running median and its central
    68 %. Shown against the predicted radius too, where shrinkage towards the prior would tilt it.
    """
    rows = join(predictions, objects, dataset=dataset, method=method, against=against)
    expected_name, predicted_name = reference_name(dataset, against), "predicted R"
    colour = METHODS[method].colour
    figure = new_figure(4.5)
    grid = figure.add_gridspec(2, 2, width_ratios=[1.05, 1])
    main = figure.add_subplot(grid[:, 0])
    main.set_title(f"{dataset.capitalize()}: {METHODS[method].title}")
    if rows.empty:
        not_measured(main, f"no {METHODS[method].title} radii to compare with {expected_name}")
        return figure
    expected, predicted = rows["expected"].to_numpy(), rows["predicted"].to_numpy()
    residual = predicted - expected
    low, high = np.quantile(np.concatenate([expected, predicted]), [0.001, 0.999])

    square = float(np.exp(low - 0.15)), float(np.exp(high + 0.15))
    _draw_density(main, np.exp(expected), np.exp(predicted), square, square, DENSITY, colour)
    main.set_yscale("log")
    main.plot(square, square, color=INK, lw=0.9)
    main.set(xlim=square, ylim=square, aspect="equal")
    radius_axis(main.yaxis)
    main.set(xlabel=f"{expected_name} (semi-major)", ylabel=predicted_name)
    main.text(
        0.04, 0.96, f"{format_count(len(rows))} galaxies", transform=main.transAxes,
        va="top", color=MUTED,
    )  # fmt: skip

    limit = float(np.clip(1.15 * np.quantile(np.abs(residual), 0.99), 0.12, 1.2))
    for place, (x, name) in enumerate(((expected, expected_name), (predicted, predicted_name))):
        panel = figure.add_subplot(grid[place, 1])
        _draw_density(panel, np.exp(x), residual, square, (-limit, limit), PALE_DENSITY, colour)
        _draw_running(panel, x, residual)
        panel.axhline(0, color=INK, lw=0.9)
        panel.set(xlim=square, ylim=(-limit, limit), xlabel=name)
        panel.set_ylabel("ln (predicted / expected)", fontsize=8.5)
        outside = int(np.sum(np.abs(residual) > limit))
        if outside:
            panel.text(
                0.98, 0.96, f"{format_count(outside)} outside", transform=panel.transAxes,
                ha="right", va="top", color=MUTED, fontsize=8,
            )  # fmt: skip
    return figure


def _draw_density(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    colours: Colormap,
    colour: str,
) -> None:
    """Draw points where they are few, else counts in cells; x is a radius, on a log axis."""
    axes.set_xscale("log")
    radius_axis(axes.xaxis)
    if len(x) < FEW:
        axes.plot(x, y, "o", color=colour, ms=3.6, alpha=0.45, mew=0)
        return
    logarithmic = y_range[0] > 0
    rows = np.geomspace(*y_range, _CELLS) if logarithmic else np.linspace(*y_range, _CELLS // 2)
    counts, x_cells, y_cells = np.histogram2d(x, y, bins=(np.geomspace(*x_range, _CELLS), rows))
    norm = LogNorm(1, max(float(counts.max()), 2.0))
    axes.pcolormesh(
        x_cells, y_cells, np.where(counts > 0, counts, np.nan).T, cmap=colours, norm=norm,
        rasterized=True,
    )  # fmt: skip


def _draw_running(axes: Axes, x: np.ndarray, residual: np.ndarray) -> None:
    """Draw the running median and central 68 % of the residual against ln radius x."""
    centre, low, median, high = running_quantiles(x, residual)
    for quantile in (low, high):
        axes.plot(np.exp(centre), quantile, color=_RUNNING, lw=1.2, ls=(0, (4, 1.5)))
    axes.plot(np.exp(centre), median, color=_RUNNING, lw=2.2)
