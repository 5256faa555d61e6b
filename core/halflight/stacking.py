"""Stacking: the probabilities of two methods made one, as serves objects of known class best."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

CLOSEST = 1e-4  # to 0 and 1 that a probability is believed: a forest's are shares of its trees
STIFFNESS = 0.1  # of the ridge that keeps weights from running away where the classes are apart
GRID = 101  # shares of the first method that the Bayesian combination weighs
FOLDS = 5  # of groups, by which one of the two is chosen
LEAST_GROUPS = 2

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """How two probabilities become one.

    Attributes:
        kind: "logistic": log-odds are a weighted sum of the two methods' and a constant (Wolpert
            1992). "bayesian": the mean of all mixtures of the two, weighed by their likelihood
            (Monteith et al. 2011, Bayesian model combination; Kim, Brunner & Carrasco Kind 2015,
            MNRAS 453, 507, section 3.6).
        weights: constant and two weights; or the two methods' mean shares.
        losses: of either kind, the cross-entropy by which it was chosen.
    """

    kind: str
    weights: tuple[float, ...]
    losses: dict[str, float]

    @classmethod
    def fitted(cls, first: Numbers, second: Numbers, label: Numbers, groups: NDArray[Any]) -> Self:
        """The kind with the least cross-entropy of groups that it was not fitted to, fitted to all.

        first, second: probabilities (n,) of label 1; label: (n,) of 0 and 1; groups: (n,) such as
        fields.

        Raises:
            ValueError: fewer than two groups, or one class alone.
        """
        names = np.unique(groups)
        if len(names) < LEAST_GROUPS or len(np.unique(label)) < 2:
            raise ValueError(
                f"two methods are joined by both classes in two groups or more, received "
                f"{len(label)} objects of {len(np.unique(label))} class(es) in {len(names)}"
            )
        fold = np.searchsorted(names, groups) % FOLDS
        losses = {}
        for kind, fit in KINDS.items():
            found = np.empty(len(label))
            for number in np.unique(fold):
                beside, inside = fold != number, fold == number
                weights = fit(first[beside], second[beside], label[beside])
                found[inside] = _joined(kind, weights, first[inside], second[inside])
            p = np.clip(found, CLOSEST, 1.0 - CLOSEST)
            losses[kind] = float(-np.mean(np.log(np.where(label > 0.5, p, 1.0 - p))))
        best = min(losses, key=lambda kind: losses[kind])
        return cls(best, KINDS[best](first, second, label), losses)

    def joined(self, first: Numbers, second: Numbers) -> Numbers:
        """The joint probability (n,); that of the other where one of the two is NaN."""
        both = _joined(self.kind, self.weights, first, second)
        return np.where(np.isnan(first), second, np.where(np.isnan(second), first, both))


def _odds(probability: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(probability, CLOSEST, 1.0 - CLOSEST)))


def _joined(kind: str, weights: tuple[float, ...], first: Numbers, second: Numbers) -> Numbers:
    if kind == "logistic":
        constant, one, other = weights
        return np.asarray(expit(constant + one * _odds(first) + other * _odds(second)))
    return weights[0] * first + weights[1] * second


def _logistic(first: Numbers, second: Numbers, label: Numbers) -> tuple[float, ...]:
    """Constant and weights of least penalised cross-entropy; the penalty pulls to the mean odds."""
    design = np.column_stack([np.ones(len(label)), _odds(first), _odds(second)])
    signs, start = np.where(label > 0.5, 1.0, -1.0), np.array([0.0, 0.5, 0.5])

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        margins = signs * (design @ weights)
        away = weights - start
        value = np.logaddexp(0.0, -margins).sum() + 0.5 * STIFFNESS * (away @ away)
        slope = -(signs * expit(-margins)) @ design + STIFFNESS * away
        return float(value), slope

    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-6})
    return tuple(float(weight) for weight in found.x)


def _bayesian(first: Numbers, second: Numbers, label: Numbers) -> tuple[float, ...]:
    """Mean shares of the two, over mixtures equally probable beforehand."""
    shares = np.linspace(0.0, 1.0, GRID)[:, np.newaxis]
    mixed = np.clip(shares * first + (1.0 - shares) * second, CLOSEST, 1.0 - CLOSEST)
    likelihood = np.log(np.where(label > 0.5, mixed, 1.0 - mixed)).sum(axis=1)
    share = float(softmax(likelihood) @ shares[:, 0])
    return share, 1.0 - share


KINDS: dict[str, Callable[[Numbers, Numbers, Numbers], tuple[float, ...]]] = {
    "logistic": _logistic,
    "bayesian": _bayesian,
}
