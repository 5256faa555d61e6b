"""Under- and overfitting: what networks of three sizes learnt, and their learning curves."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import INK, MUTED, new_figure, styled

_TRAIN, _VALIDATION = METHODS["network"].colour, METHODS["sersic_fit"].colour


@styled
def draw(
    history: pd.DataFrame, curves: pd.DataFrame, train: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Draw each network's fit above its training and validation loss.

    history: columns network, parameters, epoch, loss, val_loss; curves: columns network, x, y,
    where the network "truth" is the function that was sampled; train: inputs (n, 1), targets (n,).
    """
    names = list(history["network"].unique())
    figure = new_figure(5.2)
    panels = figure.subplots(2, len(names), sharey="row", squeeze=False)
    true = curves[curves["network"] == "truth"]
    for (above, below), name in zip(panels.T, names, strict=True):
        one = history[history["network"] == name]
        fitted = curves[curves["network"] == name]
        above.set_title(f"{name}: {one['parameters'].iloc[0]:,} parameters")
        above.plot(train[0][:, 0], train[1], "o", color=MUTED, ms=3, alpha=0.7)
        above.plot(true["x"], true["y"], color=INK, lw=1.0, ls="--")
        above.plot(fitted["x"], fitted["y"], color=_TRAIN, lw=2.0)
        above.set_ylim(-2, 2)
        above.set_xlabel("x")
        below.plot(one["epoch"] + 1, one["loss"], color=_TRAIN, lw=1.1)
        below.plot(one["epoch"] + 1, one["val_loss"], color=_VALIDATION, lw=1.8)
        best = one.loc[one["val_loss"].idxmin()]
        below.plot(best["epoch"] + 1, best["val_loss"], "o", color=_VALIDATION, mec="white", ms=7)
        below.set_xscale("log")
        below.set_yscale("log")
        below.set_xlabel("epoch")
    panels[0, 0].set_ylabel("y (synthetic)")
    panels[1, 0].set_ylabel("mean squared error")
    left = panels[0, 0]
    left.text(0.97, 0.93, "truth dashed", color=INK, ha="right", transform=left.transAxes)
    corner = panels[1, 0]
    for height, text, colour in ((0.92, "training", _TRAIN), (0.82, "validation", _VALIDATION)):
        corner.text(0.97, height, text, color=colour, ha="right", transform=corner.transAxes)
    return figure
