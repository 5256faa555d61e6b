"""Do the simulated galaxies look like the survey's: magnitudes and radii of both."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.report.formatting import format_count
from halflight.report.style import (
    DATASET_COLOURS,
    SIMULATED_DENSITY,
    new_figure,
    not_measured,
    radius_axis,
    styled,
)

FEW = 1500  # below this many galaxies every one is drawn; above, the density


@styled
def draw(objects: pd.DataFrame) -> Figure:
    """Draw half-light radius (arcsec) against magnitude for both datasets, with both marginals.

    Radii are the reference: the truth of a simulated galaxy, the scene fit of a survey one.
    """
    finite = np.isfinite(objects["magnitude"]) & np.isfinite(objects["reference"])
    rows = objects[finite]
    figure = new_figure(4.6)
    if rows.empty:
        not_measured(figure.subplots(), "no galaxies with a magnitude and a radius")
        return figure
    grid = figure.add_gridspec(2, 2, width_ratios=[3.4, 1], height_ratios=[1, 3])
    main = figure.add_subplot(grid[1, 0])
    above = figure.add_subplot(grid[0, 0], sharex=main)
    beside = figure.add_subplot(grid[1, 1], sharey=main)
    main.set_yscale("log")

    magnitude = rows["magnitude"].to_numpy()
    radius = np.exp(rows["reference"].to_numpy())
    low, high = np.quantile(magnitude, [0.002, 0.998])
    x_range = float(low - 0.25), float(high + 0.25)
    low, high = np.quantile(radius, [0.002, 0.998])
    y_range = float(0.8 * low), float(1.25 * high)
    smallest = int(rows["dataset"].value_counts().min())
    cells = int(np.clip(1.2 * np.sqrt(smallest), 6, 24)) + 1
    x_edges, y_edges = np.linspace(*x_range, cells), np.geomspace(*y_range, cells)
    for place, (dataset, colour) in enumerate(DATASET_COLOURS.items()):
        chosen = (rows["dataset"] == dataset).to_numpy()
        x, y = magnitude[chosen], radius[chosen]
        if dataset == "simulated" and len(x) >= FEW:
            density, x_cells, y_cells = np.histogram2d(
                x, y, bins=(np.linspace(*x_range, 60), np.geomspace(*y_range, 60))
            )
            main.pcolormesh(x_cells, y_cells, np.where(density > 0, density, np.nan).T,
                            cmap=SIMULATED_DENSITY, rasterized=True)  # fmt: skip
        else:
            face = colour if dataset == "simulated" else "none"
            main.plot(x, y, "o", ms=4, mfc=face, mec=colour, mew=0.9, alpha=0.55)
        name = f"{dataset}, {format_count(len(x))}" if len(x) else f"{dataset}: not measured"
        main.text(0.02, 0.02 + 0.065 * (1 - place), name, color=colour, transform=main.transAxes)
        if len(x):
            fraction = np.histogram(x, bins=x_edges)[0] / len(x)
            above.stairs(fraction, x_edges, color=colour, lw=1.7)
            fraction = np.histogram(y, bins=y_edges)[0] / len(y)
            beside.stairs(fraction, y_edges, color=colour, lw=1.7, orientation="horizontal")
    main.set(xlim=x_range, ylim=y_range, xlabel="magnitude", ylabel="half-light radius")
    radius_axis(main.yaxis)
    for axes in (above, beside):
        axes.tick_params(labelbottom=False, labelleft=False, length=0)
        axes.grid(False)
        axes.spines[:].set_visible(False)
    above.spines["bottom"].set_visible(True)
    beside.spines["left"].set_visible(True)
    above.set_title("Fraction of each sample by magnitude and by radius")
    return figure
