"""Precision, recall and counts: how positives are told from negatives at a threshold."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.checks import FINITE, check, integer
from halflight.nn.metrics.metric import Deciding, Values


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
class _Count(Deciding):
    """The weights of outputs of one kind: predicted right or wrong, and so or not."""

    thresholds: float | None = None

    right: ClassVar[bool]
    positives: ClassVar[bool]

    def check(self) -> None:
        """Require one threshold."""
        check(self, FINITE.or_none(), "thresholds")

    def reset(self) -> None:
        """Forget all rows."""
        self._sum = math.nan

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        predicted = self.positive(prediction, self.thresholds)
        wanted = predicted if self.positives else ~predicted
        found = wanted & (((target > 0.5) == predicted) == self.right)
        self._sum = (0.0 if math.isnan(self._sum) else self._sum) + float(
            weight.astype(np.float64) @ found.sum(axis=1)
        )

    def result(self) -> float:
        """Return the sum of weights so far; NaN before the first row."""
        return self._sum


@dataclass(eq=False)
class TruePositives(_Count):
    """Positives that are predicted so, by their weights; see Precision for the threshold."""

    name: str = field(default="true_positives", kw_only=True)

    better: ClassVar[str] = "higher"
    right, positives = True, True


@dataclass(eq=False)
class TrueNegatives(_Count):
    """Negatives that are predicted so, by their weights."""

    name: str = field(default="true_negatives", kw_only=True)

    better: ClassVar[str] = "higher"
    right, positives = True, False


@dataclass(eq=False)
class FalsePositives(_Count):
    """Negatives that are predicted positive, by their weights."""

    name: str = field(default="false_positives", kw_only=True)

    better: ClassVar[str] = "lower"
    right, positives = False, True


@dataclass(eq=False)
class FalseNegatives(_Count):
    """Positives that are predicted negative, by their weights."""

    name: str = field(default="false_negatives", kw_only=True)

    better: ClassVar[str] = "lower"
    right, positives = False, False
