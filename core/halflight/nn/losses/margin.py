"""Losses of margins, with Keras's names: scores of any size against labels of -1 and 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Shape
from halflight.nn.losses.crossentropy import check_distributions
from halflight.nn.losses.loss import Host, Loss, rows


@dataclass(eq=False)
class _Margin(Loss):
    """Scores against labels of -1 and 1; 0 counts as -1 (in Keras, only if no label is -1)."""

    @property
    def decision(self) -> float:
        """The score above which the class is the positive one."""
        return 0.0

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require labels."""
        self.require("labels -1, 0 or 1", rows(target), np.isin(rows(target), (-1, 0, 1)))


@dataclass(eq=False)
class Hinge(_Margin):
    """Mean over the outputs of max(1 - label * prediction, 0)."""

    kernel_name: ClassVar[str] = "hinge"


@dataclass(eq=False)
class SquaredHinge(_Margin):
    """Mean over the outputs of max(1 - label * prediction, 0)^2."""

    kernel_name: ClassVar[str] = "squared_hinge"


@dataclass(eq=False)
class Exponential(_Margin):
    """Mean over the outputs of exp(-label * prediction), the loss that AdaBoost makes small.

    Friedman, Hastie & Tibshirani 2000, eq. 9. The prediction estimates half the log-odds. Not in
    Keras; it overflows float32 for a margin below -88.
    """

    kernel_name: ClassVar[str] = "exponential_margin"


@dataclass(eq=False)
class CategoricalHinge(Loss):
    """max(1 + largest wrong score - right score, 0), for one-hot targets t over the classes.

    In full: max(1 + max((1 - t) * prediction) - sum(t * prediction), 0).
    """

    kernel_name: ClassVar[str] = "categorical_hinge"

    def positive(self, prediction: Host) -> NDArray[np.bool_]:
        """Return which classes (n, k) have the largest score of their row."""
        return np.asarray(prediction == prediction.max(axis=1, keepdims=True))

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities that sum to 1."""
        check_distributions(self, target)
