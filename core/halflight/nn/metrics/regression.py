"""Metrics of regression, with Keras's names: errors, and the share of variance explained."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.metrics.metric import Mean, Metric, Values


def residuals(metric: Metric, target: Values, prediction: Values) -> Values:
    """prediction - target (n, T) in float64.

    Of a prediction of 2T values the first T count, so that behind a GaussianNLL the means are
    judged and the log-variances left aside.

    Raises:
        ValueError: the prediction has neither T nor 2T values.
    """
    outputs = target.shape[1]
    if prediction.shape[1] not in (outputs, 2 * outputs):
        raise metric.error(f"{outputs} targets need as many predictions", prediction.shape[1])
    return prediction[:, :outputs].astype(np.float64) - target.astype(np.float64)


@dataclass(eq=False)
class MeanAbsoluteError(Mean):
    """Mean of |prediction - target|."""

    name: str = field(default="mean_absolute_error", kw_only=True)

    better: ClassVar[str] = "lower"

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return the mean absolute error over the outputs."""
        return np.abs(residuals(self, target, prediction)).mean(axis=1)


@dataclass(eq=False)
class MeanSquaredError(Mean):
    """Mean of (prediction - target)^2."""

    name: str = field(default="mean_squared_error", kw_only=True)

    better: ClassVar[str] = "lower"

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return the mean squared error over the outputs."""
        return np.square(residuals(self, target, prediction)).mean(axis=1)


@dataclass(eq=False)
class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of (prediction - target)^2."""

    name: str = field(default="root_mean_squared_error", kw_only=True)

    better: ClassVar[str] = "lower"

    def result(self) -> float:
        """Return the root of the mean so far."""
        return math.sqrt(super().result())


@dataclass(eq=False)
class R2Score(Metric):
    """1 - sum of squared errors / sum of squares about the mean target, averaged over the outputs.

    An output whose target never varies has no variance to explain, and scores 0. Batches are
    merged by their means (Chan, Golub & LeVeque 1983), so a large mean costs no accuracy.
    """

    name: str = field(default="r2_score", kw_only=True)

    better: ClassVar[str] = "higher"

    def reset(self) -> None:
        """Forget all rows."""
        self._weight = 0.0
        self._mean = self._squares = self._errors = np.zeros(1)

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, t), weight (n,)."""
        counts = weight > 0
        rows, share = target[counts].astype(np.float64), weight[counts].astype(np.float64)
        if not len(rows):
            return
        error = residuals(self, target[counts], prediction[counts])
        added = share.sum()
        mean = share @ rows / added
        total = self._weight + added
        shift = mean - self._mean
        squares = share @ np.square(rows - mean)
        self._squares = self._squares + squares + shift**2 * self._weight * added / total
        self._mean = self._mean + shift * added / total
        self._errors = self._errors + share @ np.square(error)
        self._weight = total

    def result(self) -> float:
        """Return the mean score so far; NaN before the first row."""
        if not self._weight:
            return math.nan
        varies = self._squares > 0.0
        scores = 1.0 - self._errors / np.where(varies, self._squares, 1.0)
        return float(np.where(varies, scores, 0.0).mean())
