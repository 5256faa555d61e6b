"""Metrics of the confusion matrix: which classes are taken for which."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from halflight.nn.checks import COUNT, FINITE, POSITIVE, check, choice, integers
from halflight.nn.metrics.metric import Deciding, Metric, Values


def class_numbers(metric: Metric, values: Values, classes: int) -> Values:
    """Return rows (n, classes) of one-hot labels, or (n, 1) of class numbers, as numbers (n,)."""
    if values.shape[1] == classes > 1:
        return values.argmax(axis=1)
    numbers = values[:, 0]
    if values.shape[1] != 1 or not np.all(
        (numbers >= 0) & (numbers < classes) & (numbers == np.floor(numbers))
    ):
        raise metric.error(f"needs one class of 0 to {classes - 1} a row, or one-hot rows", values)
    return numbers.astype(np.intp)


@dataclass(eq=False)
class _Table(Deciding):
    """Sums of weights by class and by what is predicted.

    Of several outputs the largest is predicted; a single one decides between class 1 and 0, at 1/2
    for probabilities and 0 for logits and scores. Targets are one-hot rows or class numbers.
    """

    better: ClassVar[str] = "higher"

    def reset(self) -> None:
        """Forget all rows."""
        self._table = np.zeros((0, 0))

    def decided(self, target: Values, prediction: Values) -> tuple[Values, Values, int]:
        """Return the classes of targets and predictions (n,), and how many there are."""
        classes = prediction.shape[1]
        if classes == 1:
            label = class_numbers(self, target, 2)
            return label, self.positive(prediction, None)[:, 0].astype(np.intp), 2
        return class_numbers(self, target, classes), prediction.argmax(axis=1), classes

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, k) or (n, 1), prediction (n, k), weight (n,)."""
        counts = weight > 0
        label, chosen, classes = self.decided(target[counts], prediction[counts])
        if classes > len(self._table):
            grown = np.zeros((classes, classes))
            grown[: len(self._table), : len(self._table)] = self._table
            self._table = grown
        np.add.at(self._table, (label, chosen), weight[counts].astype(np.float64))

    def matrix(self) -> Values:
        """Return the sums of weights (classes, classes) so far: a row a class, a column a guess."""
        return self._table.copy()

    def of_table(self, table: Values) -> float:
        """Return the metric of sums of weights, not all zero."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the value so far; NaN before the first row."""
        return self.of_table(self._table) if self._table.any() else math.nan


@dataclass(eq=False)
class ConfusionMatrix(_Table):
    """The confusion matrix, by `matrix()`; as a number, the share of right predictions."""

    name: str = field(default="confusion_matrix", kw_only=True)

    def of_table(self, table: Values) -> float:
        """Return the share on the diagonal."""
        return float(np.trace(table) / table.sum())


@dataclass(eq=False)
class BalancedAccuracy(_Table):
    """The mean recall of the classes that there are: what rare ones weigh as much in as others."""

    name: str = field(default="balanced_accuracy", kw_only=True)

    def of_table(self, table: Values) -> float:
        """Return the mean recall."""
        total = table.sum(axis=1)
        return float((np.diagonal(table)[total > 0] / total[total > 0]).mean())


@dataclass(eq=False)
class MatthewsCorrelation(_Table):
    """Matthews' correlation coefficient of any number of classes: Gorodkin 2004, eq. 8.

    1 is perfect, 0 no better than chance; 0 where only one class is there or predicted.
    """

    name: str = field(default="matthews_correlation", kw_only=True)

    def of_table(self, table: Values) -> float:
        """Return the coefficient."""
        total, there, chosen = table.sum(), table.sum(axis=1), table.sum(axis=0)
        covariance = np.trace(table) * total - there @ chosen
        spread = (total**2 - there @ there) * (total**2 - chosen @ chosen)
        return float(covariance / math.sqrt(spread)) if spread > 0 else 0.0


_CLASSES = integers("integers of at least 0", least=0)


@dataclass(eq=False)
class IoU(_Table):
    """Mean over classes of intersection over union: right / (there + predicted - right).

    `target_class_ids` are the classes that count (None: all that are there or predicted). Targets
    and predictions are class numbers (n, 1), or rows of which the largest counts; without
    `num_classes` there are as many as the rows are wide.
    """

    num_classes: int | None = None
    target_class_ids: tuple[int, ...] | None = None
    name: str = field(default="io_u", kw_only=True)

    def check(self) -> None:
        """Require a number of classes, and numbers of classes."""
        check(self, COUNT.or_none(), "num_classes")
        check(self, _CLASSES.or_none(), "target_class_ids")

    def decided(self, target: Values, prediction: Values) -> tuple[Values, Values, int]:
        """Return the classes of targets and predictions (n,), and how many there are."""
        classes = self.num_classes or max(target.shape[1], prediction.shape[1])
        if classes == 1:
            classes = int(max(target.max(initial=0), prediction.max(initial=0))) + 1
        label = class_numbers(self, target, classes)
        return label, class_numbers(self, prediction, classes), classes

    def of_table(self, table: Values) -> float:
        """Return the mean over the classes; 0 if none of them occurs."""
        right = np.diagonal(table)
        union = table.sum(axis=1) + table.sum(axis=0) - right
        ids = range(len(table)) if self.target_class_ids is None else self.target_class_ids
        if max(ids, default=0) >= len(table):
            raise self.error(f"target_class_ids must be below {len(table)}", self.target_class_ids)
        shares = [right[i] / union[i] for i in ids if union[i] > 0]
        return float(np.mean(shares)) if shares else 0.0


@dataclass(eq=False)
class MeanIoU(IoU):
    """The mean of intersection over union of all classes."""

    target_class_ids: tuple[int, ...] | None = field(default=None, init=False)
    name: str = field(default="mean_io_u", kw_only=True)


@dataclass(eq=False)
class OneHotIoU(IoU):
    """IoU, by Keras's name for rows of which the largest counts."""

    name: str = field(default="one_hot_io_u", kw_only=True)


@dataclass(eq=False)
class OneHotMeanIoU(MeanIoU):
    """MeanIoU, by Keras's name for rows of which the largest counts."""

    name: str = field(default="one_hot_mean_io_u", kw_only=True)


@dataclass(eq=False)
class BinaryIoU(IoU):
    """IoU of outputs above `threshold` (None: as the loss decides) and of those below."""

    num_classes: int | None = field(default=None, init=False)
    target_class_ids: tuple[int, ...] = (0, 1)
    threshold: float | None = 0.5
    name: str = field(default="binary_io_u", kw_only=True)

    def check(self) -> None:
        """Require classes 0, 1 or both, and a threshold."""
        check(self, _CLASSES, "target_class_ids")
        check(self, FINITE.or_none(), "threshold")

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,); each output by itself."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        found = self.positive(prediction, self.threshold).reshape(-1, 1).astype(np.float64)
        wide = np.repeat(weight, target.shape[1])
        super().update((target > 0.5).reshape(-1, 1).astype(np.float64), found, wide)

    def decided(self, target: Values, prediction: Values) -> tuple[Values, Values, int]:
        """Return the classes of targets and predictions (n,): two of them."""
        return target[:, 0].astype(np.intp), prediction[:, 0].astype(np.intp), 2


@dataclass(eq=False)
class FBetaScore(Deciding):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), of several classes averaged.

    With a `threshold`, every output is decided by itself, as many labels may be true; without one,
    the largest of several outputs is predicted, and a single one as its loss decides. `average` is
    "macro", the plain mean over classes, "weighted" by how many of each there are, or "micro", of
    all decisions together. (Keras's default returns a vector.)
    """

    average: str = "macro"
    beta: float = 1.0
    threshold: float | None = None
    name: str = field(default="fbeta_score", kw_only=True)

    better: ClassVar[str] = "higher"

    def check(self) -> None:
        """Require a kind of mean, a positive beta and a threshold."""
        check(self, choice("macro", "weighted", "micro"), "average")
        check(self, POSITIVE, "beta")
        check(self, FINITE.or_none(), "threshold")

    def reset(self) -> None:
        """Forget all rows."""
        self._right: Any = 0.0
        self._there: Any = 0.0
        self._chosen: Any = 0.0
        self._weight = 0.0

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, k) or (n, 1), prediction (n, k), weight (n,)."""
        counts, classes = weight > 0, prediction.shape[1]
        target, prediction = target[counts], prediction[counts]
        share = weight[counts].astype(np.float64)
        if self.threshold is not None or classes == 1:
            if target.shape != prediction.shape:
                raise self.error(f"targets {target.shape} need as many", prediction.shape)
            label, chosen = target > 0.5, self.positive(prediction, self.threshold)
        else:
            label = np.eye(classes, dtype=bool)[class_numbers(self, target, classes)]
            chosen = np.eye(classes, dtype=bool)[prediction.argmax(axis=1)]
        self._right = self._right + share @ (label & chosen)
        self._there = self._there + share @ label
        self._chosen = self._chosen + share @ chosen
        self._weight += float(share.sum())

    def result(self) -> float:
        """Return the score so far; 0 of nothing, as in Keras; NaN before the first row."""
        if not self._weight:
            return math.nan
        right, there, chosen = self._right, self._there, self._chosen
        if self.average == "micro":
            right, there, chosen = (part.sum(keepdims=True) for part in (right, there, chosen))
        square = self.beta**2
        whole = square * there + chosen
        scores = np.where(whole > 0, (1.0 + square) * right / np.where(whole > 0, whole, 1.0), 0.0)
        if self.average == "weighted":
            return float(scores @ there / there.sum()) if there.sum() else 0.0
        return float(scores.mean())


@dataclass(eq=False)
class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: FBetaScore with a beta of 1."""

    beta: float = field(default=1.0, init=False)
    name: str = field(default="f1_score", kw_only=True)
