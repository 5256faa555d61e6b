"""Are probabilities honest: how often is a star what is called one with a probability p?"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import FAINT, INK, MUTED, new_figure, not_measured, styled
from halflight.scores.probability import calibration_error, reliability

EDGES = np.array([0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1.0])
"""Of the bins of probability: narrow where most objects are."""
FEW = 5  # objects of a bin below which its share says nothing


@styled
def draw(tables: dict[str, pd.DataFrame], *, dataset: str) -> Figure:
    """Draw the share of stars against the probability of one, for each method.

    tables: by method, rows of `value` (the probability) and `label` (1 for a star). Vertical bars
    are the binomial scatter of a share; below, how many objects have which probability.
    """
    known = {name: table for name, table in tables.items() if len(table) >= FEW}
    figure = new_figure(4.6)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.2, 1.0]})
    above.set_title(f"{dataset.capitalize()}: share of stars where a star has the probability p")
    if not known:
        not_measured(above, f"fewer than {FEW} {dataset} objects have a label and a probability")
        below.set_axis_off()
        return figure
    above.plot([0, 1], [0, 1], color=INK, lw=0.9)
    for name, table in known.items():
        method = METHODS[name]
        p, label = table["value"].to_numpy(), table["label"].to_numpy()
        means, shares, counts = reliability(p, label, EDGES)
        seen = counts >= FEW
        scatter = np.sqrt(np.maximum(shares * (1 - shares), 1 / counts.clip(1)) / counts.clip(1))
        above.errorbar(
            means[seen],
            shares[seen],
            scatter[seen],
            color=method.colour,
            marker=method.marker,
            lw=1.2,
            label=f"{method.short}: CAL {calibration_error(p, label):.3f}",
        )
        below.step(EDGES, np.append(counts, counts[-1]), where="post", color=method.colour, lw=1.2)
    above.legend(frameon=False, fontsize=8.5, loc="upper left")
    above.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03), ylabel="share of stars")
    below.set(yscale="log", xlabel="probability of a star", ylabel="objects")
    below.tick_params(colors=MUTED)
    below.axvline(0.5, color=FAINT, lw=0.8)
    return figure
