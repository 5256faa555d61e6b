"""Shares of right answers, with Keras's names and defaults."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.checks import COUNT, FINITE, check
from halflight.nn.metrics.metric import Deciding, Mean, Values


@dataclass(eq=False)
class BinaryAccuracy(Mean, Deciding):
    """Share of outputs on the right side: prediction > threshold where the label is above 1/2.

    A threshold of None is 1/2 for probabilities and 0 for logits and scores: see `Deciding`.
    """

    threshold: float | None = None
    name: str = field(default="binary_accuracy", kw_only=True)

    better: ClassVar[str] = "higher"

    def check(self) -> None:
        """Require a number or None."""
        check(self, FINITE.or_none(), "threshold")

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return the share of right outputs."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        return (self.positive(prediction, self.threshold) == (target > 0.5)).mean(axis=1)


@dataclass(eq=False)
class CategoricalAccuracy(Mean):
    """Share of rows whose largest prediction is where the (one-hot) target is largest.

    Of equal values the first counts.
    """

    name: str = field(default="categorical_accuracy", kw_only=True)

    better: ClassVar[str] = "higher"

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return 1 for a right row, 0 for a wrong one."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        return prediction.argmax(axis=1) == target.argmax(axis=1)


@dataclass(eq=False)
class SparseCategoricalAccuracy(Mean):
    """Share of rows whose largest prediction (the first of equals) is at the target's class."""

    name: str = field(default="sparse_categorical_accuracy", kw_only=True)

    better: ClassVar[str] = "higher"

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return 1 for a right row, 0 for a wrong one."""
        if target.shape[1] != 1:
            raise self.error("needs one class a row as target", target.shape)
        return prediction.argmax(axis=1) == target[:, 0]


@dataclass(eq=False)
class TopKCategoricalAccuracy(Mean):
    """Share of rows where fewer than k classes are predicted above the target's class.

    Raises:
        ValueError: k is not a positive integer.
    """

    k: int = 5
    name: str = field(default="top_k_categorical_accuracy", kw_only=True)

    better: ClassVar[str] = "higher"

    def check(self) -> None:
        """Require a positive k."""
        check(self, COUNT, "k")

    def classes(self, target: Values, prediction: Values) -> Values:
        """Return the number of each row's right class (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        return target.argmax(axis=1)

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return 1 for a right row, 0 for a wrong one (and one that is not finite)."""
        right = self.classes(target, prediction).astype(np.intp)[:, np.newaxis]
        score = np.take_along_axis(prediction, right, axis=1)
        above = np.sum(prediction > score, axis=1)
        return (above < self.k) & np.isfinite(score[:, 0])


@dataclass(eq=False)
class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """Share of rows where fewer than k classes are predicted above the class that is the target."""

    name: str = field(default="sparse_top_k_categorical_accuracy", kw_only=True)

    better: ClassVar[str] = "higher"

    def classes(self, target: Values, prediction: Values) -> Values:
        """Return the number of each row's right class (n,)."""
        label = target[:, 0]
        if target.shape[1] != 1 or not np.all((label >= 0) & (label < prediction.shape[1])):
            raise self.error(f"needs one class of 0 to {prediction.shape[1] - 1} a row", target)
        return label
