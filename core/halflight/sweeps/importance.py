"""Importance: how much of what a sweep found each of its parameters decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from halflight.sweeps.experiment import Experiment

if TYPE_CHECKING:
    from halflight import params

LEAST = 4  # finished experiments: of fewer, shares are accidents
TOGETHER = "together"  # what no parameter decides alone


def importances(sweep: params.Sweep, experiments: Sequence[Experiment]) -> dict[str, float]:
    """Shares by parameter, sum 1; none where too few experiments finished, or all scored the same.

    Of a grid, `variance_shares`; of a search, `bayesian.importances`.
    """
    finished = [one for one in experiments if one.status == "finished"]
    if len(finished) < LEAST or len({_score(one) for one in finished}) == 1:
        return {}
    if sweep.search == "grid":
        return variance_shares(list(sweep.parameters), finished)
    from halflight.sweeps import bayesian  # takes a second

    return bayesian.importances(sweep, finished)


def variance_shares(names: Sequence[str], finished: Sequence[Experiment]) -> dict[str, float]:
    """The share of the scores' variance that each parameter explains alone, and what is left.

    V(E[score | parameter]) / V(score): the main effects of functional ANOVA (Hutter, Hoos &
    Leyton-Brown 2014, section 4.1), exact on a grid that is whole. What is left, `TOGETHER`, are
    interactions and chance.
    """
    scores = np.array([_score(one) for one in finished])
    scores = (scores - scores.min()) / np.ptp(scores)  # so that no square is too small a number
    shares = {}
    for name in names:
        values = np.array([repr(one.settings[name]) for one in finished])
        means = np.empty_like(scores)
        for value in np.unique(values):
            means[values == value] = scores[values == value].mean()
        shares[name] = float(means.var() / scores.var())
    # On a grid with holes main effects overlap, and may add up to more than there is.
    total = max(sum(shares.values()), 1.0)
    shares = {name: share / total for name, share in shares.items()}
    return shares | {TOGETHER: max(0.0, 1.0 - sum(shares.values()))}


def _score(one: Experiment) -> float:
    assert one.score is not None  # it has finished
    return one.score.value
