"""Losses of overlap, with Keras's names: for maps of which few pixels are of the class."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Shape
from halflight.nn.checks import NOT_NEGATIVE, check
from halflight.nn.losses.crossentropy import check_probabilities
from halflight.nn.losses.loss import Host, Loss

_EPSILON = 1e-7  # Keras's, which keeps a divisor away from 0


@dataclass(eq=False)
class Tversky(Loss):
    """1 - I / (I + alpha F + beta M + 1e-7), of all outputs of a batch together.

    I, F and M are the sums of t p, (1 - t) p and t (1 - p) for labels t in [0, 1]: what is found,
    found falsely, and missed. A row's weight is its part in them. Salehi et al. 2017, eq. 4.
    """

    alpha: float = 0.5
    beta: float = 0.5

    kernel_name: ClassVar[str] = "tversky"

    @property
    def constants(self) -> tuple[float, ...]:
        """alpha, beta and what is added to the divisor."""
        return self.alpha, self.beta, _EPSILON

    def check(self) -> None:
        """Require factors of 0 or more."""
        check(self, NOT_NEGATIVE, "alpha", "beta")

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities."""
        check_probabilities(self, target)


@dataclass(eq=False)
class Dice(Loss):
    """1 - 2 I / (sum of t + sum of p + 1e-7), of all outputs of a batch together.

    I is the sum of t p for labels t in [0, 1]. A row's weight is its part in the sums. Milletari et
    al. 2016, section 3, without squares, as in Keras.
    """

    kernel_name: ClassVar[str] = "tversky"

    @property
    def constants(self) -> tuple[float, ...]:
        """Those of the Tversky loss that is the same."""
        return 0.5, 0.5, 0.5 * _EPSILON

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities."""
        check_probabilities(self, target)
