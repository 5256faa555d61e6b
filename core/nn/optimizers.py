"""Optimizers: SGD, Adam and AdamW, as Keras 3 defines them, on the flat buffers of a model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from core.kernels import Backend
from core.nn import schedules
from core.nn.layer import Array
from core.nn.parameters import Parameters
from core.nn.schedules import LearningRate


@dataclass(eq=False)
class Optimizer:
    """Updates the trainable weights of one model.

    Attributes:
        learning_rate: a number or a schedule, evaluated at `iterations` before each step.
        global_clipnorm: scales all gradients down so that their common norm is at most this.
        weight_decay: w -= learning_rate * weight_decay * w before each step, on kernels alone
            (never on biases or batch normalisation). Loshchilov & Hutter 2019.
        iterations: number of steps made.
    """

    learning_rate: LearningRate = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    iterations: int = field(default=0, init=False)

    slot_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Check the arguments that every optimizer has."""
        self._check(weight_decay=self.weight_decay, global_clipnorm=self.global_clipnorm)
        if self.global_clipnorm == 0:
            raise ValueError("global_clipnorm must be above 0, received 0")
        self._schedule = schedules.get(self.learning_rate)

    def build(self, kernels: Backend, parameters: Parameters) -> None:
        """Allocate the slots for a model's weights, and begin at step 0."""
        self._kernels, self._parameters = kernels, parameters
        self.iterations = 0
        self.slots: dict[str, Array] = {
            name: kernels.zeros(parameters.values.shape) for name in self.slot_names
        }
        self._flag = kernels.zeros((1,))
        self.refresh()

    def refresh(self) -> None:
        """Find the trainable weights again, after layers were frozen or unfrozen."""
        self._spans = self._parameters.spans()

    def current_learning_rate(self) -> float:
        """Return the rate of the next step."""
        return self._schedule(self.iterations)

    def step(self) -> None:
        """Update the trainable weights by the gradients in the model's buffer."""
        if self.global_clipnorm is not None:
            self._clip(self.global_clipnorm)
        rate = self.current_learning_rate()
        self.iterations += 1
        for span in self._spans:
            part = slice(span.start, span.stop)
            slots = [slot[part] for slot in self.slots.values()]
            values, gradients = self._parameters.values[part], self._parameters.gradients[part]
            decay = self.weight_decay if span.decay and self.weight_decay else 0.0
            self.update(values, gradients, slots, rate, decay)

    def update(
        self, values: Array, gradients: Array, slots: list[Array], rate: float, decay: float
    ) -> None:
        """Update one stretch of weights."""
        raise NotImplementedError

    def gradients_finite(self) -> bool:
        """Whether no gradient is NaN or infinite."""
        self._kernels.all_finite(self._flag, self._parameters.gradients)
        return bool(self._kernels.to_host(self._flag)[0])

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the slots."""
        return {name: self._kernels.to_host(slot) for name, slot in self.slots.items()}

    def check_state(self, slots: Mapping[str, NDArray[Any]]) -> None:
        """Compare saved slots with this optimizer's.

        Raises:
            ValueError: the slots are not those of this optimizer and model.
        """
        shapes = {name: slot.shape for name, slot in self.slots.items()}
        received = {name: slot.shape for name, slot in slots.items()}
        if shapes != received:
            raise ValueError(
                f"{type(self).__name__}: needs the slots {shapes}, received {received}"
            )

    def set_state(self, slots: Mapping[str, NDArray[Any]], iterations: int) -> None:
        """Take up the slots and the step of a saved run.

        Raises:
            ValueError: the slots are not those of this optimizer and model.
        """
        self.check_state(slots)
        for name, slot in slots.items():
            self._kernels.copy(self.slots[name], self._kernels.to_device(slot))
        self.iterations = iterations

    def _clip(self, largest: float) -> None:
        spans = [slice(span.start, span.stop) for span in self._spans]
        squares = [self._sum_of_squares(self._parameters.gradients[span]) for span in spans]
        norm = math.sqrt(sum(squares))
        if norm > largest:
            for span in spans:
                self._kernels.scale(self._parameters.gradients[span], largest / norm)

    def _sum_of_squares(self, gradients: Array) -> float:
        self._kernels.sum_of_squares(self._flag, gradients)
        return float(self._kernels.to_host(self._flag)[0])

    def _check(self, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None and (isinstance(value, bool | str) or not 0 <= value < math.inf):
                raise ValueError(
                    f"{type(self).__name__}: {name} must be finite and not negative, "
                    f"received {value!r}"
                )


@dataclass(eq=False)
class SGD(Optimizer):
    """velocity = momentum * velocity - learning_rate * gradient; w += velocity.

    With `nesterov`, w += momentum * velocity - learning_rate * gradient (Sutskever et al. 2013).
    """

    learning_rate: LearningRate = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    slot_names: ClassVar[tuple[str, ...]] = ("velocity",)

    def __post_init__(self) -> None:
        """Require a momentum of 0 to 1."""
        super().__post_init__()
        self._check(momentum=self.momentum)
        if self.momentum > 1:
            raise ValueError(f"SGD: momentum must be at most 1, received {self.momentum!r}")

    def update(
        self, values: Array, gradients: Array, slots: list[Array], rate: float, decay: float
    ) -> None:
        """Make one step, after the weight decay."""
        if decay:
            self._kernels.scale(values, 1.0 - rate * decay)
        self._kernels.sgd_step(values, gradients, slots[0], rate, self.momentum, self.nesterov)


@dataclass(eq=False)
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square. Kingma & Ba 2015."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    slot_names: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        """Require betas below 1 and a positive epsilon."""
        super().__post_init__()
        self._check(beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        if self.beta_1 >= 1 or self.beta_2 >= 1 or self.epsilon == 0:
            raise ValueError(
                f"{type(self).__name__}: beta_1 and beta_2 must be below 1 and epsilon above 0, "
                f"received {self.beta_1!r}, {self.beta_2!r}, {self.epsilon!r}"
            )

    def update(
        self, values: Array, gradients: Array, slots: list[Array], rate: float, decay: float
    ) -> None:
        """Make one step; the kernel applies the weight decay first."""
        self._kernels.adam_step(
            values,
            gradients,
            *slots,
            rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            decay,
            self.iterations,
        )


@dataclass(eq=False)
class AdamW(Adam):
    """Adam with weight decay. Loshchilov & Hutter 2019."""

    weight_decay: float | None = field(default=0.004, kw_only=True)


OPTIMIZERS: Mapping[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}


def get(optimizer: str | Optimizer) -> Optimizer:
    """Return an optimizer from its name, or itself.

    Raises:
        ValueError: no optimizer has that name.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {optimizer!r}; known are {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[optimizer]()
