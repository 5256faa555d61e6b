"""Out of domain: how well each kind of spoilt stamp is told apart from honest ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import INK, MUTED, new_figure, styled

_ALL, _BRIGHT = METHODS["combined"].colour, METHODS["aperture"].colour
_WORST = tuple(METHODS[name].colour for name in ("sersic_fit", "network", "from_scratch"))


@styled
def draw(scores: pd.DataFrame, honest: str, table: pd.DataFrame) -> Figure:
    """Draw the ROC of every kind, and the area beneath it of all stamps and of bright ones.

    scores: columns kind, domain_score, one row a stamp. honest: the kind of those that are not
    spoilt. table: columns kind, auroc, auroc_low, auroc_high, auroc_bright, one row a kind. The
    kinds that are told apart worst have colours, and their names below, where no curve is.
    """
    figure = new_figure(5.9)
    left, right = figure.subplots(1, 2, width_ratios=[1.0, 1.3])
    known = scores.loc[scores["kind"] == honest, "domain_score"].to_numpy()
    cuts = np.unique(scores["domain_score"])[::-1]
    alarms = np.array([(known >= cut).mean() for cut in cuts])
    rising = table.sort_values("auroc", kind="stable")
    others = len(rising) - len(_WORST)
    for place, (kind, area) in enumerate(zip(rising["kind"], rising["auroc"], strict=True)):
        one = scores.loc[scores["kind"] == kind, "domain_score"].to_numpy()
        found = np.array([(one >= cut).mean() for cut in cuts])
        name = f"{kind.replace('_', ' ')}: {area:.2f}"
        style = {"color": MUTED, "lw": 0.7, "alpha": 0.5, "zorder": 1.5}
        if place < len(_WORST):
            style = {"color": _WORST[place], "lw": 1.6, "label": name}
        elif place == len(_WORST):
            style["label"] = f"the other {others}" if others > 1 else name
        left.step([0.0, *alarms, 1.0], [0.0, *found, 1.0], where="post", **style)
    left.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":")
    left.set_xlabel("honest stamps that are flagged")
    left.set_ylabel("spoilt stamps that are flagged")
    left.set_title("Receiver operating characteristic")
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(_WORST) + 1,
        frameon=False,
        title="left, worst first, with the area under the curve",
    )

    ordered = rising[::-1]
    places = np.arange(len(ordered))
    right.hlines(places, ordered["auroc_low"], ordered["auroc_high"], color=_ALL, lw=1.4)
    right.plot(ordered["auroc"], places, "o", color=_ALL, label="all")
    right.plot(ordered["auroc_bright"], places, "D", color=_BRIGHT, ms=4, label="bright")
    right.axvline(0.95, color=INK, lw=0.8, ls=":")
    right.set_yticks(places, [kind.replace("_", " ") for kind in ordered["kind"]])
    right.set_xlabel("area under the curve")
    right.set_title("Told apart from honest stamps")
    # On the line of the title, which stands on the left.
    right.legend(
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        handlelength=0.8,
        handletextpad=0.4,
        columnspacing=1.0,
    )
    return figure
