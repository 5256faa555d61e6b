"""What is lost for what: stars missed against galaxies mistaken, purity against completeness."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import new_figure, not_measured, styled
from halflight.scores.probability import purity_and_completeness, roc_auc


@styled
def draw(tables: dict[str, pd.DataFrame], *, dataset: str) -> Figure:
    """Draw the receiver operating characteristic and the purity of galaxies, for each method.

    tables: by method, rows of `rank` and `label` (1 for a star). Both axes of the left panel show
    the corner that matters, on a logarithmic scale of what is lost.
    """
    known = {name: t for name, t in tables.items() if 0 < t["label"].sum() < len(t)}
    figure = new_figure(3.9)
    left, right = figure.subplots(1, 2)
    left.set_title(f"{dataset.capitalize()}: stars lost against galaxies mistaken")
    right.set_title("Purity of galaxies by completeness")
    if not known:
        for axes in (left, right):
            not_measured(axes, f"no {dataset} objects of both classes have an answer")
        return figure
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
        right.plot(whole, pure, color=method.colour, lw=1.4)
    left.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1))
    left.set(xlabel="galaxies called stars, share", ylabel="stars missed, share")
    left.legend(frameon=False, fontsize=8.0, title="area under the curve", title_fontsize=8.0)
    right.axvline(0.96, color="#c3c9d2", lw=0.8)
    right.set(xlim=(0.8, 1.0), ylim=(0.8, 1.005), xlabel="completeness", ylabel="purity")
    return figure
