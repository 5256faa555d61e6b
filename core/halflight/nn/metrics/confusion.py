"""Precision, recall, and the area under the ROC curve: how positives are told from negatives."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.checks import FINITE, check, integer
from halflight.nn.metrics.metric import Deciding, Metric, Values


@dataclass(eq=False)
class _Positives(Deciding):
    """Weights of true positives, and of a whole that they are part of.

    An output is predicted positive above `thresholds` (one number; None is 1/2 for probabilities,
    as in Keras, and 0 for logits and scores: see `Deciding`); its label is positive above 1/2. All
    outputs count, or the column `class_id` alone.
    """

    thresholds: float | None = None
    class_id: int | None = None

    def check(self) -> None:
        """Require one threshold, and a column."""
        check(self, FINITE.or_none(), "thresholds")
        check(self, integer(least=0).or_none(), "class_id")

    def whole(self, label: Values, predicted: Values) -> Values:
        """Return which outputs true positives are a part of."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all rows."""
        self._right = self._whole = self._weight = 0.0

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        predicted = self.positive(prediction, self.thresholds)
        if self.class_id is not None:
            if self.class_id >= target.shape[1]:
                raise self.error(f"class_id {self.class_id} is not an output", target.shape)
            columns = slice(self.class_id, self.class_id + 1)
            target, predicted = target[:, columns], predicted[:, columns]
        label, share = target > 0.5, weight.astype(np.float64)
        self._right += float(share @ (label & predicted).sum(axis=1))
        self._whole += float(share @ self.whole(label, predicted).sum(axis=1))
        self._weight += float(share.sum())

    def result(self) -> float:
        """Return the share so far; 0 of nothing, as in Keras; NaN before the first row."""
        if not self._weight:
            return math.nan
        return self._right / self._whole if self._whole else 0.0


@dataclass(eq=False)
class Precision(_Positives):
    """Share of the predicted positives that are positive."""

    name: str = field(default="precision", kw_only=True)

    better: ClassVar[str] = "higher"

    def whole(self, label: Values, predicted: Values) -> Values:
        """Return the predicted positives."""
        return predicted


@dataclass(eq=False)
class Recall(_Positives):
    """Share of the positives that are predicted so."""

    name: str = field(default="recall", kw_only=True)

    better: ClassVar[str] = "higher"

    def whole(self, label: Values, predicted: Values) -> Values:
        """Return the positives."""
        return label


@dataclass(eq=False)
class AUC(Metric):
    """Area under the ROC curve: how often a positive is predicted above a negative (ties: half).

    Exact, from all predictions, which it keeps until `reset` (17 bytes an output); Keras
    approximates it with 200 thresholds. Outputs of a row count as rows of their own. Hanley &
    McNeil 1982. NaN without a positive and a negative.
    """

    name: str = field(default="auc", kw_only=True)

    better: ClassVar[str] = "higher"

    def reset(self) -> None:
        """Forget all rows."""
        self._scores: list[Values] = []
        self._labels: list[Values] = []
        self._weights: list[Values] = []

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        counts = weight > 0
        self._scores.append(prediction[counts].astype(np.float64).ravel())
        self._labels.append((target[counts] > 0.5).ravel())
        self._weights.append(np.repeat(weight[counts].astype(np.float64), target.shape[1]))

    def result(self) -> float:
        """Return the area so far."""
        if not self._scores:
            return math.nan
        scores, labels, weights = (
            np.concatenate(parts) for parts in (self._scores, self._labels, self._weights)
        )
        if not np.isfinite(scores).all():
            return math.nan
        _, rank = np.unique(scores, return_inverse=True)
        positive = np.bincount(rank, weights * labels)
        negative = np.bincount(rank, weights * ~labels)
        below = np.cumsum(negative) - 0.5 * negative
        pairs = positive.sum() * negative.sum()
        return float(positive @ below / pairs) if pairs else math.nan
