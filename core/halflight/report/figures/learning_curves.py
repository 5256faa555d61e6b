"""How training went: loss and learning rate by epoch, on the simulation and on survey labels."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import LEARNT_FROM_LABELS, METHODS
from halflight.report.style import label_line_ends, new_figure, not_measured, styled

ARM_GROUPS = {
    "Training on simulated stamps": ("train",),
    "Learning from survey labels": LEARNT_FROM_LABELS,
}
_METHODS = {"train": METHODS["network"]} | {arm: METHODS[arm] for arm in LEARNT_FROM_LABELS}


@styled
def draw(history: pd.DataFrame) -> Figure:
    """Draw training (thin) and validation (bold) loss of each arm, the learning rate below.

    history: columns arm ("train", "fine_tuned", "from_scratch"), epoch, loss, val_loss,
    learning_rate. A dot marks the epoch of least validation loss.
    """
    figure = new_figure(4.1)
    panels = figure.subplots(2, len(ARM_GROUPS), height_ratios=[4, 1], sharex="col", squeeze=False)
    for column, (title, arms) in enumerate(ARM_GROUPS.items()):
        loss, rate = panels[:, column]
        loss.set_title(title)
        rows = history[history["arm"].isin(arms)]
        if not np.isfinite(rows[["loss", "val_loss"]].to_numpy()).any():
            not_measured(loss, "no training history")
            rate.set_axis_off()
            continue
        _draw_losses(loss, rows)
        for arm in arms:
            one = rows[rows["arm"] == arm].sort_values("epoch")
            rate.plot(one["epoch"], one["learning_rate"], color=_METHODS[arm].colour, lw=1.3)
        rate.set_ylim(0, 1.15 * max(float(rows["learning_rate"].max()), 1e-12))
        rate.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
        rate.yaxis.get_offset_text().set_fontsize(7.5)
        rate.xaxis.get_major_locator().set_params(integer=True)
        rate.set_xlabel("epoch")
    panels[0, 0].set_ylabel("loss (negative log-likelihood)")
    panels[1, 0].set_ylabel("learning\nrate")
    return figure


def _name(arm: str, loss: str) -> str:
    """Return a line's name; that of the only arm of a panel needs no more than its loss."""
    return loss if arm == "train" else f"{_METHODS[arm].short}, {loss}"


def _draw_losses(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the losses of every arm in `rows`, named at the right edge of `axes`."""
    ends = []
    for arm, one in rows.groupby("arm", sort=False):
        one = one.sort_values("epoch")
        colour = _METHODS[str(arm)].colour
        for column, text, width, alpha in (
            ("loss", "training", 1.1, 0.6),
            ("val_loss", "validation", 2.0, 1.0),
        ):
            known = one[np.isfinite(one[column])]
            if known.empty:
                continue
            axes.plot(known["epoch"], known[column], color=colour, lw=width, alpha=alpha)
            ends.append((float(known[column].iloc[-1]), _name(str(arm), text), colour))
            if column == "val_loss":
                best = known.loc[known[column].idxmin()]
                axes.plot(best["epoch"], best[column], "o", color=colour, mec="white", ms=7)
    axes.set_ylim(_limits(rows[["loss", "val_loss"]].to_numpy()))
    axes.margins(x=0.03)
    label_line_ends(axes, ends)


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Return y limits that keep a few early, very large losses from flattening the rest."""
    values = values[np.isfinite(values)]
    low, high, typical = (float(np.quantile(values, q)) for q in (0, 1, 0.97))
    if high - low > 2 * (typical - low) > 0:
        high = typical
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin
