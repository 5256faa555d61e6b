"""How well predictions rank positives above negatives: areas and points of exact curves.

All predictions are kept until `reset` (17 bytes an output), so that every threshold is tried; Keras
approximates with 200 of them. Outputs of a row count as rows of their own, unless said otherwise.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.checks import BOOLEAN, SHARE, check, choice
from halflight.nn.metrics.metric import Metric, Values

_ROUNDING = 1e-12  # of sums of weights, where a share is compared with the wanted one


@dataclass(frozen=True)
class Curve:
    """Shares at every threshold between different predictions, the highest first."""

    right: Values
    """Weights of the positives above each."""
    wrong: Values
    """Weights of the negatives above each."""

    @property
    def sensitivity(self) -> Values:
        """Share of all positives that are above: the recall."""
        return self.right / self.right[-1]

    @property
    def specificity(self) -> Values:
        """Share of all negatives that are below."""
        return 1.0 - self.wrong / self.wrong[-1]

    @property
    def precision(self) -> Values:
        """Share of positives in what is above."""
        return self.right / (self.right + self.wrong)


@dataclass(eq=False)
class _Ranking(Metric):
    """Base of metrics that keep all predictions."""

    better: ClassVar[str] = "higher"
    needs_negatives: ClassVar[bool] = True

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
        self._scores.append(prediction[counts].astype(np.float64))
        self._labels.append(target[counts] > 0.5)
        self._weights.append(weight[counts].astype(np.float64))

    def of_curve(self, curve: Curve) -> float:
        """Return the metric of one curve."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the value so far; NaN where there is no positive, or no negative that it needs."""
        if not self._scores:
            return math.nan
        scores, labels, weights = map(np.concatenate, (self._scores, self._labels, self._weights))
        return self.of_outputs(scores, labels, weights)

    def of_outputs(self, scores: Values, labels: Values, weights: Values) -> float:
        """Return the value for scores and labels (n, t) and weights (n,)."""
        repeated = np.repeat(weights, scores.shape[1])
        return self._of(scores.ravel(), labels.ravel(), repeated)

    def _of(self, scores: Values, labels: Values, weights: Values) -> float:
        if not np.isfinite(scores).all():
            return math.nan
        _, rank = np.unique(-scores, return_inverse=True)
        right = np.cumsum(np.bincount(rank, weights * labels))
        wrong = np.cumsum(np.bincount(rank, weights * ~labels))
        if not right.size or not right[-1] or (self.needs_negatives and not wrong[-1]):
            return math.nan
        return self.of_curve(Curve(right, wrong))


@dataclass(eq=False)
class AUC(_Ranking):
    """Area under a curve: "ROC" (ties count half; Hanley & McNeil 1982) or "PR".

    Of "ROC" it is how often a positive is predicted above a negative; of "PR", precision against
    recall, the average precision: the sum of every precision times its rise in recall, as
    scikit-learn defines it. With `multi_label` it is the mean over the outputs that have one.
    """

    curve: str = "ROC"
    multi_label: bool = field(default=False, kw_only=True)
    name: str = field(default="auc", kw_only=True)

    def check(self) -> None:
        """Require one of the two curves, and a flag."""
        check(self, choice("ROC", "PR"), "curve")
        check(self, BOOLEAN, "multi_label")

    def of_outputs(self, scores: Values, labels: Values, weights: Values) -> float:
        """Return the area, or the mean of the outputs' own."""
        if not self.multi_label:
            return super().of_outputs(scores, labels, weights)
        areas = [self._of(*column, weights) for column in zip(scores.T, labels.T, strict=True)]
        known = [area for area in areas if not math.isnan(area)]
        return sum(known) / len(known) if known else math.nan

    def of_curve(self, curve: Curve) -> float:
        """Return the area."""
        rises = np.diff(curve.right, prepend=0.0)
        if self.curve == "PR":
            return float(rises @ curve.precision / curve.right[-1])
        beaten = curve.wrong[-1] - curve.wrong + 0.5 * np.diff(curve.wrong, prepend=0.0)
        return float(rises @ beaten / (curve.right[-1] * curve.wrong[-1]))


@dataclass(eq=False)
class AveragePrecision(AUC):
    """The average precision: AUC of curve "PR"."""

    curve: str = field(default="PR", init=False)
    name: str = field(default="average_precision", kw_only=True)


class _Point(_Ranking):
    """Base of metrics that are the best of one share where another is at least as wanted."""

    wanted: ClassVar[str]
    """The field that says how much of the other."""

    def check(self) -> None:
        """Require a share."""
        check(self, SHARE, self.wanted)

    def shares(self, curve: Curve) -> tuple[Values, Values]:
        """Return the share that counts and the other, at every threshold."""
        raise NotImplementedError

    def of_curve(self, curve: Curve) -> float:
        """Return the best share; 0 where the other is nowhere as wanted."""
        share, other = self.shares(curve)
        enough = other >= getattr(self, self.wanted) - _ROUNDING
        return float(share[enough].max(initial=0.0))


@dataclass(eq=False)
class PrecisionAtRecall(_Point):
    """The highest precision of thresholds whose recall is at least `recall`."""

    recall: float = 0.5
    name: str = field(default="precision_at_recall", kw_only=True)

    wanted = "recall"
    needs_negatives = False

    def shares(self, curve: Curve) -> tuple[Values, Values]:
        """Return the two."""
        return curve.precision, curve.sensitivity


@dataclass(eq=False)
class RecallAtPrecision(_Point):
    """The highest recall of thresholds whose precision is at least `precision`."""

    precision: float = 0.5
    name: str = field(default="recall_at_precision", kw_only=True)

    wanted = "precision"
    needs_negatives = False

    def shares(self, curve: Curve) -> tuple[Values, Values]:
        """Return the two."""
        return curve.sensitivity, curve.precision


@dataclass(eq=False)
class SensitivityAtSpecificity(_Point):
    """The highest sensitivity of thresholds whose specificity is at least `specificity`."""

    specificity: float = 0.5
    name: str = field(default="sensitivity_at_specificity", kw_only=True)

    wanted = "specificity"

    def shares(self, curve: Curve) -> tuple[Values, Values]:
        """Return the two."""
        return curve.sensitivity, curve.specificity


@dataclass(eq=False)
class SpecificityAtSensitivity(_Point):
    """The highest specificity of thresholds whose sensitivity is at least `sensitivity`."""

    sensitivity: float = 0.5
    name: str = field(default="specificity_at_sensitivity", kw_only=True)

    wanted = "sensitivity"

    def shares(self, curve: Curve) -> tuple[Values, Values]:
        """Return the two."""
        return np.append(1.0, curve.specificity), np.append(0.0, curve.sensitivity)
