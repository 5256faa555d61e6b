"""Metrics: weighted means over an epoch, accumulated batch by batch in float64 on the host."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]


@dataclass(eq=False)
class Metric:
    """The weighted mean of one value a sample.

    The prediction is cut to as many columns as the target has, so that behind a GaussianNLL the
    means are judged and the log-variances left aside.
    """

    name: ClassVar[str]
    _sum: float = field(init=False, repr=False, default=0.0)
    _weight: float = field(init=False, repr=False, default=0.0)

    def per_sample(self, target: Values, prediction: Values) -> Values:
        """Return one value a sample, for (batch, T) targets and predictions."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all batches."""
        self._sum = self._weight = 0.0

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add one batch: target (batch, T), prediction (batch, >= T), weight (batch,)."""
        target = target.astype(np.float64)
        mean = prediction[:, : target.shape[1]].astype(np.float64)
        self._sum += float(np.sum(weight * self.per_sample(target, mean), dtype=np.float64))
        self._weight += float(np.sum(weight, dtype=np.float64))

    def result(self) -> float:
        """Return the mean so far; NaN before the first batch."""
        return self._sum / self._weight if self._weight else math.nan


@dataclass(eq=False)
class MeanAbsoluteError(Metric):
    """Mean of |prediction - target|."""

    name: ClassVar[str] = "mean_absolute_error"

    def per_sample(self, target: Values, prediction: Values) -> Values:
        """Return the mean absolute error over the outputs."""
        return np.abs(prediction - target).mean(axis=1)


@dataclass(eq=False)
class MeanSquaredError(Metric):
    """Mean of (prediction - target)^2."""

    name: ClassVar[str] = "mean_squared_error"

    def per_sample(self, target: Values, prediction: Values) -> Values:
        """Return the mean squared error over the outputs."""
        return np.square(prediction - target).mean(axis=1)


@dataclass(eq=False)
class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of (prediction - target)^2."""

    name: ClassVar[str] = "root_mean_squared_error"

    def result(self) -> float:
        """Return the root of the mean so far."""
        return math.sqrt(super().result())


@dataclass(eq=False)
class BinaryAccuracy(Metric):
    """Share of samples on the right side of `threshold`; a logit's is 0."""

    threshold: float = 0.0
    name: ClassVar[str] = "binary_accuracy"

    def per_sample(self, target: Values, prediction: Values) -> Values:
        """Return the share of right outputs."""
        return ((prediction > self.threshold) == (target > 0.5)).mean(axis=1)


METRICS: Mapping[str, type[Metric]] = {
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "binary_accuracy": BinaryAccuracy,
}


def get(metric: str | Metric) -> Metric:
    """Return a metric from its name, or itself.

    Raises:
        ValueError: no metric has that name.
    """
    if isinstance(metric, Metric):
        return metric
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; known are {', '.join(METRICS)}")
    return METRICS[metric]()
