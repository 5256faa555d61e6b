"""By magnitude: how much of the galaxies is found pure, and of the stars, by each method."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS, in_order
from halflight.report.style import new_figure, not_measured, styled

PANELS = {
    "auc": "area under the ROC curve",
    "galaxy_purity": "purity of galaxies, {galaxies:.3g} % complete",
    "star_completeness": "completeness of stars, {stars:.3g} % pure",
    "mse": "mean squared error",
}
"""Scores by magnitude that are drawn, with their titles."""


@styled
def draw(
    bins: pd.DataFrame,
    *,
    dataset: str,
    against: str,
    completeness: float = 0.96,
    purity: float = 0.97,
) -> Figure:
    """Draw scores in bins of r for each method, with the central 68 % of their bootstrap.

    bins: of `halflight.scores.classes.score`; completeness, purity: of galaxies and of stars, at
    which the other of the two was scored.
    """
    rows = bins[(bins["dataset"] == dataset) & (bins["against"] == against)]
    rows = rows[rows["by"] == "magnitude"]
    figure = new_figure(5.4)
    panels = figure.subplots(2, 2, sharex=True)
    figure.suptitle(f"{dataset.capitalize()}, by magnitude", x=0.02, ha="left", weight="bold",
                    fontsize=10.5)  # fmt: skip
    for axes, (score, title) in zip(panels.flat, PANELS.items(), strict=True):
        levels = {"galaxies": 100 * completeness, "stars": 100 * purity}
        axes.set_title(title.format(**levels), weight="normal")
        if rows.empty or rows[score].isna().all():
            not_measured(axes, f"too few {dataset} objects in every bin")
            continue
        for place, name in enumerate(in_order(rows["method"])):
            method, table = METHODS[name], rows[rows["method"] == name].sort_values("bin_low")
            middle = 0.5 * (table["bin_low"] + table["bin_high"]).to_numpy() + 0.04 * (place - 3)
            value = table[score].to_numpy()
            ends = [
                np.abs(np.nan_to_num(table[f"{score}_{end}"].to_numpy() - value))
                for end in ("low", "high")
            ]
            axes.errorbar(
                middle,
                value,
                ends,
                color=method.colour,
                marker=method.marker,
                ms=4,
                lw=1.2,
                elinewidth=0.8,
                label=method.short,
            )
    for axes in panels[1]:
        axes.set_xlabel("r, magnitudes")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize=8.5)
    return figure
