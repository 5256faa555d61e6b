"""Examples: which sources of a table the page shows as stamps."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.quality import FLAGS
from halflight.results.flags import own_flags

GROUPS = {
    "best": "Measured best",
    "worst": "Measured worst",
    "flagged": "Flagged",
}
"""Why a source is shown, and the title over its kind, in the page's order."""
MOST = 4  # of each kind


@dataclass(frozen=True)
class Example:
    """One source as the page shows it.

    Attributes:
        group: one of GROUPS.
        row: of the table, from 0.
        image, sigma: (S, S), in one unit.
        model: (S, S), what its numbers predict; None where they predict nothing.
        binning: pixels of the image along a side of one of the stamp.
        x, y: pixels from the stamp's centre to the source.
    """

    group: str
    row: int
    image: NDArray[np.floating]
    sigma: NDArray[np.floating]
    model: NDArray[np.floating] | None
    binning: int = 1
    x: float = 0.0
    y: float = 0.0


def choose(rows: pd.DataFrame, most: int = MOST) -> dict[str, list[int]]:
    """The rows to show of each group, by number.

    Best and worst are those of the least and the greatest error of ln R_e among the rows without a
    flag of their own; no row is both. Flagged ones show as many different flags as they can.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rows["half_light_radius_pix_84"] / rows["half_light_radius_pix_16"]
        error = np.log(ratio.to_numpy(np.float64))
    flags = own_flags(rows)
    order = np.argsort(error, kind="stable")
    clean = order[(flags[order] == 0) & np.isfinite(error[order])]
    best = [int(row) for row in clean[: min(most, (len(clean) + 1) // 2)]]
    worst = [int(row) for row in clean[len(best) :][::-1][:most]]
    return {"best": best, "worst": worst, "flagged": _flagged(flags, most)}


def _flagged(flags: NDArray[np.int64], most: int) -> list[int]:
    """Rows with a flag, each the first that shows a bit that none before it shows; then others."""
    chosen: list[int] = []
    seen = 0
    for bit in sorted(FLAGS.values()):
        [rows] = np.nonzero(flags & bit & ~seen)
        if len(rows) and len(chosen) < most:
            chosen.append(int(rows[0]))
            seen |= int(flags[rows[0]])
    others = (int(row) for row in np.flatnonzero(flags) if row not in chosen)
    return chosen + [row for row, _ in zip(others, range(most - len(chosen)), strict=False)]
