"""Adagrad, Adadelta and RMSprop: steps divided by the root of the squared gradients so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.checks import BOOLEAN, FRACTION, NOT_NEGATIVE, POSITIVE, SHARE, check
from halflight.nn.layer import Layer
from halflight.nn.optimizers.optimizer import Optimizer
from halflight.nn.parameters import Parameters


@dataclass(eq=False)
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients. Duchi et al. 2011.

    Rates are larger than Adam's; the paper's is 1. The sum begins at `initial_accumulator_value`.
    """

    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        """Require a sum of 0 or more and a positive epsilon."""
        super().__post_init__()
        check(self, NOT_NEGATIVE, "initial_accumulator_value")
        check(self, POSITIVE, "epsilon")

    def slot_names(self) -> tuple[str, ...]:
        """Return the sum's name."""
        return ("squares",)

    def build(self, kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> None:
        """Begin with the initial sum."""
        super().build(kernels, parameters, layers)
        kernels.fill(self.slots["squares"], self.initial_accumulator_value)

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.adagrad_step(
            values, gradients, slots["squares"], self._finite, rate, self.epsilon, decay
        )


@dataclass(eq=False)
class Adadelta(Optimizer):
    """Steps of the size of the steps before, so that units agree. Zeiler 2012.

    The paper's learning rate is 1.
    """

    rho: float = 0.95
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        """Require a rho below 1 and a positive epsilon."""
        super().__post_init__()
        check(self, FRACTION, "rho")
        check(self, POSITIVE, "epsilon")

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the mean squares of gradients and of changes."""
        return ("squares", "changes")

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.adadelta_step(
            values,
            gradients,
            slots["squares"],
            slots["changes"],
            self._finite,
            rate,
            self.rho,
            self.epsilon,
            decay,
        )


@dataclass(eq=False)
class RMSprop(Optimizer):
    """Steps divided by the root of the mean squared gradient. Tieleman & Hinton 2012.

    With `centered`, by the root of the gradient's variance (Graves 2013, equations 38 to 41); with
    a `momentum`, w -= velocity, where velocity = momentum * velocity + step.
    """

    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def __post_init__(self) -> None:
        """Require a rho below 1, a momentum of 0 to 1 and a positive epsilon."""
        super().__post_init__()
        check(self, FRACTION, "rho")
        check(self, SHARE, "momentum")
        check(self, POSITIVE, "epsilon")
        check(self, BOOLEAN, "centered")

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the mean square and, where used, of the mean and the velocity."""
        mean = ("mean",) if self.centered else ()
        return ("squares", *mean, *(("velocity",) if self.momentum else ()))

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.rmsprop_step(
            values,
            gradients,
            slots["squares"],
            slots.get("mean"),
            slots.get("velocity"),
            self._finite,
            rate,
            self.rho,
            self.momentum,
            self.epsilon,
            decay,
        )
