"""Judge objects by every method that their table allows: a table with one row an object."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.classical.separation.catalogue import COLUMNS, concentration, features
from halflight.classical.separation.learners import forest, judged, logistic, support_vectors

JUDGES = ("cut", "spread", "forest", "svm")
"""By name: psfMag - cModelMag, the pixels' spread, a forest and a machine on a catalogue."""
NEED_A_CATALOGUE = ("cut", "forest", "svm")
MOST_SPREAD = 50.0  # sigmas, and magnitudes: beyond it nothing is less a star


def separated(
    table: pd.DataFrame,
    spread: NDArray[np.float64],
    labels: NDArray[np.float64],
    *,
    probability: str,
    learns: NDArray[np.bool_],
    groups: NDArray[Any],
    settings: Any,
    methods: Sequence[str] = JUDGES,
) -> pd.DataFrame:
    """METHOD_PROBABILITY of label 1, and METHOD_rank where a method ranks otherwise, by row.

    A cut decides, and so its probabilities are 0 and 1; its rank is the concentration, with a minus
    sign. A method whose columns the table lacks is left out; one that knows nothing of an object
    gives NaN.

    table: a catalogue; spread: (rows,) of `spread_model`, in r. labels: (rows,) of 0, 1 or NaN;
    learns, groups: see `learners.judged`. settings: section classical of the task's parameters.

    Raises:
        ValueError: as `learners.judged`.
    """
    catalogued = set(COLUMNS) <= set(table)
    found: dict[str, NDArray[np.float64]] = {}
    learned = partial(judged, labels=labels, groups=groups, learns=learns, folds=settings.folds)
    for method in methods:
        if method in NEED_A_CATALOGUE and not catalogued:
            continue
        name = f"{method}_{probability}"
        match method:
            case "cut":
                beyond = concentration(table)
                decided = np.where(beyond > settings.cut, 0.0, 1.0)
                found[name] = np.where(np.isnan(beyond), np.nan, decided)
                found[f"{method}_rank"] = -beyond
            case "spread":
                found[name] = _where_known(learned, logistic, _gathered(spread)[:, np.newaxis])
                found[f"{method}_rank"] = -spread
            case "forest":
                learner = partial(
                    forest,
                    seed=settings.seed,
                    trees=settings.trees,
                    least_leaf=settings.least_leaf,
                )
                found[name] = learned(learner, features(table).to_numpy())
            case "svm":
                machine = partial(support_vectors, seed=settings.seed, folds=settings.folds)
                found[name] = learned(machine, features(table).to_numpy())
            case _:
                raise ValueError(f"there is no judge {method!r}: choose of {', '.join(JUDGES)}")
    return pd.DataFrame(found, index=table.index)


def _gathered(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """The spread, its long tail of bright galaxies drawn in: arcsinh, linear in the noise."""
    return np.arcsinh(np.clip(spread, -MOST_SPREAD, MOST_SPREAD))


def _where_known(learned: Any, learner: Any, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a learner says of rows without NaN; NaN of the others."""
    known = np.isfinite(values).all(axis=1)
    options = dict(learned.keywords)
    rows = {name: options.pop(name)[known] for name in ("labels", "groups", "learns")}
    found = np.full(len(values), np.nan)
    found[known] = learned.func(learner, values[known], **rows, **options)
    return found
