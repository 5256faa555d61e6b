"""How training went, in words: where it was best, and whether it under- or overfitted."""

import numpy as np
import pandas as pd

from halflight.methods import METHODS
from halflight.report.formatting import format_number

RISE = 0.05  # of what the validation loss has fallen by: a rise by more is no scatter
LAST = 0.25  # of the epochs: over so many at the end, a loss is seen to fall or not
FALL = 0.02  # of what it has fallen by: a fall by less over these is none


def of_learning(history: pd.DataFrame, nothing: str) -> str:
    """Where each training was best, and a verdict; `nothing` where there is no curve."""
    sentences = []
    for arm, rows in history.groupby("arm", sort=False):
        known = rows[np.isfinite(rows["val_loss"])].sort_values("epoch")
        if len(known):
            best = known.loc[known["val_loss"].idxmin()]
            name = "simulated stamps" if arm == "train" else METHODS[str(arm)].short
            sentences.append(
                f"{name}: least at epoch {best['epoch']:g} of {rows['epoch'].max():g} "
                f"({format_number(best['val_loss'])}), {verdict(known)}"
            )
    if not sentences:
        return nothing
    return (
        "Thin lines are training loss, bold ones validation; the dot marks the least validation "
        f"loss. On {'; '.join(sentences)}."
    )


def verdict(curve: pd.DataFrame) -> str:
    """What a learning curve says of one training, from its first epoch to its last.

    Overfitted: the validation loss has risen while the training loss fell on. Underfitted: both
    were still falling when training ended. curve: columns loss and val_loss, by epoch.
    """
    loss, validation = (curve[name].to_numpy(np.float64) for name in ("loss", "val_loss"))
    if len(curve) < 4:
        return "too short to say whether it fits"
    best = int(np.argmin(validation))
    fallen = validation[0] - validation[best]
    if not fallen > 0:
        return "the validation loss never fell: nothing was learnt that holds elsewhere"
    risen = validation[-1] - validation[best]
    if risen > RISE * fallen:
        words = f"{format_number(risen, 2)} higher at the end"
        if loss[-1] < loss[best]:
            return f"{words} while the training loss fell on: overfitted after that epoch"
        return f"{words}, as is the training loss: unsteady rather than overfitted"
    tail = max(int(LAST * len(curve)), 1)
    still = validation[-1 - tail] - validation[-1]
    if best >= len(curve) - 2 and still > FALL * fallen:
        return (
            f"still falling by {format_number(still, 2)} over the last {tail} epochs: underfitted, "
            "more epochs or a larger network would fit more"
        )
    return "level at the end: neither under- nor overfitted"
