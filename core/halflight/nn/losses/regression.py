"""Losses of regression, with Keras's names: means over the outputs of a row."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Shape
from halflight.nn.checks import POSITIVE, check
from halflight.nn.losses.loss import Host, Loss, rows


@dataclass(eq=False)
class MeanSquaredError(Loss):
    """Mean of (prediction - target)^2."""

    kernel_name: ClassVar[str] = "mean_squared_error"


@dataclass(eq=False)
class MeanAbsoluteError(Loss):
    """Mean of |prediction - target|."""

    kernel_name: ClassVar[str] = "mean_absolute_error"


@dataclass(eq=False)
class MeanAbsolutePercentageError(Loss):
    """Mean of 100 |prediction - target| / max(|target|, 1e-7)."""

    kernel_name: ClassVar[str] = "mean_absolute_percentage_error"


@dataclass(eq=False)
class MeanSquaredLogarithmicError(Loss):
    """Mean of (log(1 + prediction) - log(1 + target))^2, for targets of 0 or more.

    A prediction below 1e-7 counts as 1e-7, and has no gradient.
    """

    kernel_name: ClassVar[str] = "mean_squared_logarithmic_error"

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require targets of 0 or more."""
        self.require("0 or more", rows(target), rows(target) >= 0)


@dataclass(eq=False)
class Huber(Loss):
    """Mean of e^2 / 2 for errors |e| <= delta, of delta (|e| - delta / 2) beyond. Huber 1964.

    Raises:
        ValueError: delta is not a finite number above 0.
    """

    delta: float = 1.0

    kernel_name: ClassVar[str] = "huber"

    @property
    def constants(self) -> tuple[float, ...]:
        """The kernel's last argument."""
        return (self.delta,)

    def check(self) -> None:
        """Require a positive delta."""
        check(self, POSITIVE, "delta")


@dataclass(eq=False)
class LogCosh(Loss):
    """Mean of log(cosh(prediction - target)): a smooth absolute value."""

    kernel_name: ClassVar[str] = "log_cosh"


@dataclass(eq=False)
class CosineSimilarity(Loss):
    """-cosine of the angle between the vectors prediction and target: -1 where they point alike.

    Norms below 1e-7 count as 1e-7.
    """

    kernel_name: ClassVar[str] = "cosine_similarity"
