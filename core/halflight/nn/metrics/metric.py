"""The base of every metric, and of those that are a weighted mean of one value a row."""

import copy
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import broken, choice, require
from halflight.nn.configuration import configuration
from halflight.nn.losses import Loss

Values = NDArray[Any]
"""Real numbers on the host."""


@dataclass(eq=False)
class Metric:
    """A number over all rows since `reset`, accumulated in float64 on the host.

    A row is a sample, or a position of a sample. A row of zero weight counts for nothing.
    """

    name: str = field(default="", kw_only=True)

    better: ClassVar[str | None] = None
    """Whether "lower" or "higher" values are better; None: callbacks must be told by their mode."""

    def __post_init__(self) -> None:
        """Let the subclass check its configuration, and forget all rows."""
        require(self, "better", self.better, choice("lower", "higher").or_none())
        self.check()
        self.reset()

    def judged_by(self, loss: Loss) -> Self:
        """Return the metric of predictions that this loss is for: another one, if it differs."""
        return self

    def check(self) -> None:
        """Validate the configuration; raise `self.error(rule, received)`."""

    def reset(self) -> None:
        """Forget all rows."""
        raise NotImplementedError

    def update(self, target: Values, prediction: Values, weight: Values) -> None:
        """Add rows: target (n, t), prediction (n, k), weight (n,)."""
        raise NotImplementedError

    def result(self) -> float | list[float]:
        """Return the value so far, or several; NaN before the first row."""
        raise NotImplementedError

    def results(self) -> dict[str, float]:
        """Return each value so far by its name in logs."""
        found = self.result()
        assert not isinstance(found, list)
        return {self.name: found}

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)

    def error(self, rule: str, received: object) -> ValueError:
        """Return the error that names this metric, the rule broken and what was received."""
        return broken(self, rule, received)


class Deciding(Metric):
    """A metric that asks which predictions are positive.

    A threshold of its own is compared with the predictions as they are. Without one they are above
    1/2, or decided as the loss that they are made for does: above 0 for the logits of a binary
    cross-entropy and the scores of a hinge, a probability above 1/2 for those of a categorical one.
    """

    _loss = Loss()

    def judged_by(self, loss: Loss) -> Self:
        """Return the metric of predictions that this loss is for."""
        judged = copy.copy(self)
        judged._loss = loss
        return judged

    def positive(self, prediction: Values, threshold: float | None) -> Values:
        """Return which predictions (n, k) are positive."""
        return self._loss.positive(prediction) if threshold is None else prediction > threshold


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
