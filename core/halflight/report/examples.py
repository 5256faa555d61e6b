"""Examples: the test galaxies measured best, worst, and some drawn at random, to be looked at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from halflight.report.residuals import join

GROUPS = {"best": "nearest", "worst": "farthest", "random": "at random"}
"""Why a galaxy is shown, and the word over its column, in the picture's order."""
EACH = 4  # galaxies of each kind: as many rows as fill a screen


@dataclass(frozen=True)
class Example:
    """One galaxy as the picture shows it.

    Attributes:
        group: one of GROUPS.
        id: joins `objects` and `predictions`.
        image, sigma: (S, S), in one unit.
        model: (S, S), what explains the image; None where nothing does.
    """

    group: str
    id: Any
    image: np.ndarray
    sigma: np.ndarray
    model: np.ndarray | None


def choose(
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    dataset: str,
    method: str,
    against: str,
    each: int = EACH,
) -> list[tuple[str, Any]]:
    """Return (group, id) of the galaxies to show; none is shown twice.

    Nearest and farthest are those of the least and the greatest |ln R - ln R expected| of one
    method; the others are drawn from the rest, the same ones for the same galaxies.
    """
    rows = join(predictions, objects, dataset=dataset, method=method, against=against)
    distance = (rows["predicted"] - rows["expected"]).abs().to_numpy()
    ids = rows["id"].to_numpy()[np.argsort(distance, kind="stable")]
    count = min(each, len(ids) // len(GROUPS))
    rest = ids[count : len(ids) - count]
    generator = np.random.Generator(np.random.Philox(key=[len(ids), sum(dataset.encode())]))
    drawn = np.sort(generator.choice(len(rest), min(count, len(rest)), replace=False))
    groups = {"best": ids[:count], "worst": ids[::-1][:count], "random": rest[drawn]}
    return [(group, one) for group, chosen in groups.items() for one in chosen.tolist()]
