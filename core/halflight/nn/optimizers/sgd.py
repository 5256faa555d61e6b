"""SGD and Lion: optimizers that remember no more than a velocity."""

from collections.abc import Mapping
from dataclasses import dataclass

from halflight.nn.arrays import Array
from halflight.nn.checks import BOOLEAN, SHARE, check, number
from halflight.nn.optimizers.optimizer import Optimizer
from halflight.nn.schedules import LearningRate


@dataclass(eq=False)
class SGD(Optimizer):
    """velocity = momentum * velocity - learning_rate * gradient; w += velocity.

    With `nesterov`, w += momentum * velocity - learning_rate * gradient (Sutskever et al. 2013).
    """

    learning_rate: LearningRate = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Require a momentum of 0 to 1."""
        super().__post_init__()
        check(self, SHARE, "momentum")
        check(self, BOOLEAN, "nesterov")

    def slot_names(self) -> tuple[str, ...]:
        """Return the velocity's name."""
        return ("velocity",)

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        velocity = slots["velocity"]
        self._kernels.sgd_step(
            values, gradients, velocity, self._finite, rate, self.momentum, self.nesterov, decay
        )


@dataclass(eq=False)
class Lion(Optimizer):
    """Steps of one size, in the direction of the sign of a momentum. Chen et al. 2023.

    The step is -learning_rate * sign(beta_1 * m + (1 - beta_1) * gradient), and then
    m = beta_2 * m + (1 - beta_2) * gradient. Rates are some 3 to 10 times smaller than Adam's.
    """

    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        """Require betas of 0 to 1."""
        super().__post_init__()
        check(self, number(above=0, most=1), "beta_1")
        check(self, SHARE, "beta_2")

    def slot_names(self) -> tuple[str, ...]:
        """Return the momentum's name."""
        return ("m",)

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.lion_step(
            values, gradients, slots["m"], self._finite, rate, self.beta_1, self.beta_2, decay
        )
