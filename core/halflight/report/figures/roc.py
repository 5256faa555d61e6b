"""What is lost for what: stars missed against galaxies mistaken, purity against completeness."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import FAINT, new_figure, not_measured, styled
from halflight.scores.probability import purity_and_completeness, purity_at, roc_auc

COMPLETENESS = 0.96
"""Of galaxies, at which their purity is scored by default (Kim & Brunner 2017)."""
_CORNER = 0.8  # of purity and completeness, from which on curves are drawn where they allow it
_COLUMNS = 4  # of the legend


@styled
def draw(
    tables: dict[str, pd.DataFrame], *, dataset: str, completeness: float = COMPLETENESS
) -> Figure:
    """Draw the receiver operating characteristic and the purity of galaxies, for each method.

    tables: by method, rows of `rank` and `label` (1 for a star). Both axes of the left panel show
    the corner that matters, on a logarithmic scale of what is lost. completeness: of galaxies, at
    which their purity is scored, and a line drawn. The names stand below, where no curve is.
    """
    known = {name: t for name, t in tables.items() if 0 < t["label"].sum() < len(t)}
    figure = new_figure(4.6)
    left, right = figure.subplots(1, 2)
    left.set_title(f"{dataset.capitalize()}: stars lost against galaxies mistaken")
    right.set_title("Purity of galaxies by completeness")
    if not known:
        for axes in (left, right):
            not_measured(axes, f"no {dataset} objects of both classes have an answer")
        return figure
    scored = [1.0]  # the purity of each method where it is told, which the panel must hold
    least = 0.5 / max(len(table) for table in known.values())
    for name, table in known.items():
        method = METHODS[name]
        rank, label = table["rank"].to_numpy(), table["label"].to_numpy()
        purity, complete = purity_and_completeness(rank, label)
        found = complete * label.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            mistaken = (found / purity - found) / (len(label) - label.sum())
        left.step(
            np.clip(np.nan_to_num(mistaken, nan=0.0), least, 1.0),
            np.clip(1.0 - complete, least, 1.0),
            color=method.colour,
            lw=1.4,
            label=f"{method.short}: {roc_auc(rank, label):.4f}",
        )
        pure, whole = purity_and_completeness(-rank, 1.0 - label)
        scored.append(purity_at(-rank, 1.0 - label, completeness))
        right.plot(whole, pure, color=method.colour, lw=1.4)
    left.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1))
    left.set(xlabel="galaxies called stars, share", ylabel="stars missed, share")
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=min(len(known), _COLUMNS),
        frameon=False,
        fontsize=8.5,
        title="area under the curve",
        title_fontsize=8.5,
    )
    right.axvline(completeness, color=FAINT, lw=0.8)
    start, floor = min(_CORNER, completeness - 0.05), min(_CORNER, *scored) - 0.01
    right.set(xlim=(start, 1.0), ylim=(floor, 1.005), xlabel="completeness", ylabel="purity")
    return figure
