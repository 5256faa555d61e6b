"""Decisions: what it costs, and what it gains, to leave open what has no probable enough class."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from halflight.scores.bins import EVERYTHING
from halflight.scores.classes import INTERVAL, labelled_rows
from halflight.scores.statistics import resamples
from halflight.tasks import Classification

LEAST = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Probabilities that a class needs, at which every method is told beside the one in use."""

TOLD = ("undecided", "wrong")
"""The shares that have intervals, and are told of a method in a few numbers."""


class Decided(NamedTuple):
    """What is decided of some objects.

    Attributes:
        undecided: share that is left open.
        decided, mistakes: how many are not, and how many of these are of the other class.
    """

    undecided: float
    decided: int
    mistakes: int

    @property
    def wrong(self) -> float:
        """Share of mistakes among the decided; NaN where none is."""
        return self.mistakes / self.decided if self.decided else np.nan


def decided_from(probability: ArrayLike, label: ArrayLike, least: float) -> Decided:
    """What is decided where a class needs the probability `least`, 0.5 to 1.

    probability: (n,) of the positive class; label: (n,) 1 for it, 0 for the other; n may be 0.
    """
    sure, mistaken = _sure(probability, label)
    decided = sure >= least
    share = float(np.mean(~decided)) if len(sure) else np.nan
    return Decided(share, int(decided.sum()), int((mistaken & decided).sum()))


def least_decisive(probability: ArrayLike, label: ArrayLike, wrong: float) -> float:
    """The least probability from which at most this share of the decided is of the other class.

    Of objects that nothing was fitted to, it is optimistic by what a choice among as many
    thresholds as objects gains: what it is worth is for others to tell. 0.5 where all may be
    decided, NaN where no threshold serves. Arguments as of `decided_from`; wrong: a share.
    """
    sure, mistaken = _sure(probability, label)
    order = np.argsort(-sure, kind="stable")
    last = np.flatnonzero(np.diff(sure[order], append=-1.0))  # rows of one value together
    shares = np.cumsum(mistaken[order])[last] / (last + 1.0)
    # A share that is met but for rounding is met.
    serving = np.flatnonzero(shares <= wrong + 1e-12)
    if not len(serving):
        return np.nan
    return 0.5 if serving[-1] == len(last) - 1 else float(sure[order][last[serving[-1]]])


def scored(
    task: Classification,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    validation: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    decisive: float,
    wrong: float,
    edges: Iterable[tuple[float, float]],
    seed: int,
    bootstrap: int,
    **unused: Any,
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """What each method decides of the survey's test objects, against their labels.

    predictions, objects: as `halflight.scores.classes.score` takes them. validation: by method,
    probabilities and labels (n,) of the validation split, on which its own threshold is chosen, the
    least from which at most `wrong` of the decided are mistaken. decisive: the one in use.

    Returns one row a method, threshold and bin of magnitude: method, least, decisive and chosen
    (1 where it is that one, else 0), by, bin_low, bin_high, count, decided, mistakes, undecided and
    wrong, the last two with the central 68 % of a bootstrap by group (NAME_low, NAME_high). And for
    each method what is told of it in a few numbers, those that are known: over all magnitudes at
    `decisive`, and under chosen_NAME at its own threshold, `chosen`, of `validated` objects.
    """
    del unused
    bins = [(EVERYTHING, np.nan, np.nan), *(("magnitude", *edge) for edge in edges)]
    rows: list[dict[str, Any]] = []
    told: dict[str, dict[str, float]] = {}
    for dataset, against, method, table in labelled_rows(task, predictions, objects):
        if (dataset, against) != ("survey", "reference") or method not in validation:
            continue
        p, label = (np.asarray(each, np.float64) for each in validation[method])
        own = least_decisive(p, label, wrong)
        told[method] = {"validated": len(p), "decisive": decisive, "chosen": own}
        for by, low, high in bins:
            inside = table
            if by != EVERYTHING:
                inside = table[(table["magnitude"] >= low) & (table["magnitude"] < high)]
            if inside.empty:
                continue
            for least in sorted({*LEAST, decisive, *([own] if np.isfinite(own) else [])}):
                found = _with_intervals(inside, least, seed, bootstrap)
                place = {"quantity": task.probability, "method": method, "least": least}
                place |= {"decisive": int(least == decisive), "chosen": int(least == own)}
                shared = {"by": by, "bin_low": low, "bin_high": high, "count": len(inside)}
                rows.append(place | shared | found)
                for prefix, here in (("", least == decisive), ("chosen_", least == own)):
                    if here and by == EVERYTHING:
                        told[method] |= {f"{prefix}{name}": found[name] for name in TOLD}
    return pd.DataFrame(rows), {
        method: {name: float(value) for name, value in own.items() if np.isfinite(value)}
        for method, own in told.items()
    }


def _with_intervals(table: pd.DataFrame, least: float, seed: int, bootstrap: int) -> dict[str, Any]:
    p, label = table["value"].to_numpy(np.float64), table["label"].to_numpy(np.float64)
    whole = decided_from(p, label, least)
    drawn = [
        decided_from(p[rows], label[rows], least)
        for rows in resamples(table["group"], seed=seed, repeats=bootstrap)
    ]
    found: dict[str, Any] = {"decided": whole.decided, "mistakes": whole.mistakes}
    for name in TOLD:
        values = np.array([getattr(each, name) for each in drawn], np.float64)
        ends = [np.nan, np.nan]
        if len(values) and np.isfinite(values).all():
            ends = np.quantile(values, [0.5 - 0.5 * INTERVAL, 0.5 + 0.5 * INTERVAL]).tolist()
        found |= {name: getattr(whole, name), f"{name}_low": ends[0], f"{name}_high": ends[1]}
    return found


def _sure(probability: ArrayLike, label: ArrayLike) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The probability of the class that each is called, and whether it is of the other."""
    p, positive = np.asarray(probability, np.float64), np.asarray(label, np.float64) > 0.5
    return np.maximum(p, 1.0 - p), (p > 0.5) != positive
