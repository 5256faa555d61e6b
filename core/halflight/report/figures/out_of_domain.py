"""Out of domain: how well each kind of spoilt stamp is told apart from honest ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import INK, MUTED, new_figure, styled

_ALL, _BRIGHT = METHODS["combined"].colour, METHODS["aperture"].colour


@styled
def draw(scores: pd.DataFrame, honest: str, table: pd.DataFrame) -> Figure:
    """Draw the ROC of every kind, and the area beneath it of all stamps and of bright ones.

    scores: columns kind, domain_score, one row a stamp. honest: the kind of those that are not
    spoilt. table: columns kind, auroc, auroc_low, auroc_high, auroc_bright, one row a kind.
    """
    figure = new_figure(5.6)
    left, right = figure.subplots(1, 2, width_ratios=[1.0, 1.3])
    known = scores.loc[scores["kind"] == honest, "domain_score"].to_numpy()
    cuts = np.unique(scores["domain_score"])[::-1]
    alarms = np.array([(known >= cut).mean() for cut in cuts])
    worst = set(table.nsmallest(3, "auroc")["kind"])
    for kind in table["kind"]:
        one = scores.loc[scores["kind"] == kind, "domain_score"].to_numpy()
        found = np.array([(one >= cut).mean() for cut in cuts])
        shown = kind in worst
        left.step(
            [0.0, *alarms, 1.0],
            [0.0, *found, 1.0],
            where="post",
            color=_ALL if shown else MUTED,
            lw=1.6 if shown else 0.7,
            alpha=1.0 if shown else 0.5,
        )
        if shown:
            at = float(np.interp(0.3, alarms, found))
            left.text(0.31, at - 0.04, kind.replace("_", " "), color=_ALL)
    left.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":")
    left.set_xlabel("honest stamps that are flagged")
    left.set_ylabel("spoilt stamps that are flagged")
    left.set_title("Receiver operating characteristic")

    ordered = table.sort_values("auroc", ascending=False, kind="stable")
    places = np.arange(len(ordered))
    right.hlines(places, ordered["auroc_low"], ordered["auroc_high"], color=_ALL, lw=1.4)
    right.plot(ordered["auroc"], places, "o", color=_ALL, label="all")
    right.plot(ordered["auroc_bright"], places, "D", color=_BRIGHT, ms=4, label="bright")
    right.axvline(0.95, color=INK, lw=0.8, ls=":")
    right.set_yticks(places, [kind.replace("_", " ") for kind in ordered["kind"]])
    right.set_xlabel("area under the curve")
    right.set_title("Told apart from honest stamps")
    right.legend(frameon=False, loc="upper left")
    return figure
