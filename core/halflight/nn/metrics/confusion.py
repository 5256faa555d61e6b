"""Precision, recall and counts: how positives are told from negatives at a threshold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.checks import COUNT, Rule, check, integer, is_number
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.metrics.metric import Deciding, Values

Thresholds = float | Sequence[float] | None
THRESHOLDS = Rule(
    "a finite number, a list of them, or None",
    lambda value: (
        value is None
        or is_number(value)
        or (isinstance(value, list | tuple) and bool(value) and all(map(is_number, value)))
    ),
    lambda value: [float(v) for v in value] if isinstance(value, list | tuple) else value,
)


class _Cutting(Deciding):
    """Base of metrics of one threshold or several."""

    thresholds: Thresholds

    @property
    def cuts(self) -> Sequence[float | None]:
        """The thresholds, one after the other."""
        given = self.thresholds
        return given if isinstance(given, Sequence) else [given]

    def as_asked(self, values: list[float]) -> float | list[float]:
        """Return one number, or a list where `thresholds` is one."""
        return values if isinstance(self.thresholds, Sequence) else values[0]

    def results(self) -> dict[str, float]:
        """Return each number by its name, which ends in the threshold where there are several."""
        found = self.result()
        if not isinstance(found, list):
            return super().results()
        return {f"{self.name}_{cut:g}": value for cut, value in zip(self.cuts, found, strict=True)}


@dataclass(eq=False)
class _Positives(_Cutting):
    """Weights of true positives, and of a whole that they are part of.

    An output is predicted positive above `thresholds` (None is 1/2 for probabilities, as in Keras,
    and 0 for logits and scores: see `Deciding`); its label is positive above 1/2. Of several
    thresholds the result is a list. With `top_k` only the k largest outputs of a row are predicted
    positive (of equal ones the first), whatever they are unless there is a threshold. All outputs
    count, or the column `class_id` alone.
    """

    thresholds: Thresholds = None
    top_k: int | None = field(default=None, metadata=UNLESS_DEFAULT)
    class_id: int | None = None

    def check(self) -> None:
        """Require thresholds, a number of outputs, and a column."""
        check(self, THRESHOLDS, "thresholds")
        check(self, COUNT.or_none(), "top_k")
        check(self, integer(least=0).or_none(), "class_id")

    def whole(self, label: Values, predicted: Values) -> Values:
        """Return which outputs true positives are a part of."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all rows."""
        self._right, self._whole = np.zeros((2, len(self.cuts)))
        self._weight = 0.0

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        columns = slice(None)
        if self.class_id is not None:
            if self.class_id >= target.shape[1]:
                raise self.error(f"class_id {self.class_id} is not an output", target.shape)
            columns = slice(self.class_id, self.class_id + 1)
        label, share = target[:, columns] > 0.5, weight.astype(np.float64)
        for number, threshold in enumerate(self.cuts):
            predicted = self._predicted(prediction, threshold)[:, columns]
            self._right[number] += float(share @ (label & predicted).sum(axis=1))
            self._whole[number] += float(share @ self.whole(label, predicted).sum(axis=1))
        self._weight += float(share.sum())

    def result(self) -> float | list[float]:
        """Return the share so far; 0 of nothing, as in Keras; NaN before the first row."""
        shares = [
            (float(right / whole) if whole else 0.0) if self._weight else math.nan
            for right, whole in zip(self._right, self._whole, strict=True)
        ]
        return self.as_asked(shares)

    def _predicted(self, prediction: Values, threshold: float | None) -> Values:
        """Return which predictions (n, t) are positive."""
        if self.top_k is None:
            return self.positive(prediction, threshold)
        if self.top_k > prediction.shape[1]:
            raise self.error(f"top_k {self.top_k} needs as many outputs", prediction.shape)
        largest = np.argsort(-prediction, axis=1, kind="stable")[:, : self.top_k]
        found = np.zeros(prediction.shape, bool)
        np.put_along_axis(found, largest, True, axis=1)
        return found if threshold is None else found & (prediction > threshold)


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
class _Count(_Cutting):
    """The weights of outputs of one kind: predicted right or wrong, and so or not.

    Of several thresholds the result is a list.
    """

    thresholds: Thresholds = None

    right: ClassVar[bool]
    positives: ClassVar[bool]

    def check(self) -> None:
        """Require thresholds."""
        check(self, THRESHOLDS, "thresholds")

    def reset(self) -> None:
        """Forget all rows."""
        self._sums, self._seen = np.zeros(len(self.cuts)), False

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        for number, threshold in enumerate(self.cuts):
            predicted = self.positive(prediction, threshold)
            wanted = predicted if self.positives else ~predicted
            found = wanted & (((target > 0.5) == predicted) == self.right)
            self._sums[number] += float(weight.astype(np.float64) @ found.sum(axis=1))
        self._seen = True

    def result(self) -> float | list[float]:
        """Return the sum of weights so far; NaN before the first row."""
        return self.as_asked([float(total) if self._seen else math.nan for total in self._sums])


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
