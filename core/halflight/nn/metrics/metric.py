"""The base of every metric, and of those that are a weighted mean of one value a row."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import broken
from halflight.nn.configuration import configuration

Values = NDArray[Any]
"""Real numbers on the host."""


@dataclass(eq=False)
class Metric:
    """A number over all rows since `reset`, accumulated in float64 on the host.

    A row is a sample, or a position of a sample. A row of zero weight counts for nothing.
    """

    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Let the subclass check its configuration, and forget all rows."""
        self.check()
        self.reset()

    def check(self) -> None:
        """Validate the configuration; raise `self.error(rule, received)`."""

    def reset(self) -> None:
        """Forget all rows."""
        raise NotImplementedError

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, k), weight (n,)."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the value so far; NaN before the first row."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)

    def error(self, rule: str, received: object) -> ValueError:
        """Return the error that names this metric, the rule broken and what was received."""
        return broken(self, rule, received)


@dataclass(eq=False)
class Mean(Metric):
    """The weighted mean of one value a row."""

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return one value a row (n,)."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all rows."""
        self._sum = self._weight = 0.0

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, k), weight (n,)."""
        counts = weight > 0
        values = self.per_row(target[counts], prediction[counts])
        self._sum += float(np.sum(weight[counts] * values, dtype=np.float64))
        self._weight += float(np.sum(weight, dtype=np.float64))

    def result(self) -> float:
        """Return the mean so far; NaN before the first row."""
        return self._sum / self._weight if self._weight else math.nan
