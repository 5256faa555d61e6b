"""Adam, AdamW, Adamax and Nadam: steps scaled by running means of the gradient and its size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.checks import BOOLEAN, FRACTION, POSITIVE, check
from halflight.nn.layer import Layer
from halflight.nn.optimizers.optimizer import Optimizer
from halflight.nn.parameters import Parameters

# How Nadam's momentum of step t rises to beta_1: beta_1 (1 - 0.96^t / 2). Dozat 2016.
_NADAM_BASE = 0.96


@dataclass(eq=False)
class _Moments(Optimizer):
    """What Adam and its kin share: two decay rates and an epsilon."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        """Require betas below 1 and a positive epsilon."""
        super().__post_init__()
        check(self, FRACTION, "beta_1", "beta_2")
        check(self, POSITIVE, "epsilon")

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the means of the gradient and of its square."""
        return ("m", "v")


@dataclass(eq=False)
class Adam(_Moments):
    """Steps scaled by running means of the gradient and of its square. Kingma & Ba 2015.

    With `amsgrad`, by the largest mean square so far (Reddi et al. 2018).
    """

    amsgrad: bool = False

    def __post_init__(self) -> None:
        """Require a boolean too."""
        super().__post_init__()
        check(self, BOOLEAN, "amsgrad")

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the means, and of the largest mean square if it is used."""
        return ("m", "v", "v_max") if self.amsgrad else ("m", "v")

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        kernel = self._kernels.amsgrad_step if self.amsgrad else self._kernels.adam_step
        kernel(
            values,
            gradients,
            *(slots[name] for name in self.slot_names()),
            self._finite,
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


@dataclass(eq=False)
class Adamax(_Moments):
    """Adam with the largest recent gradient in the place of the mean square. Kingma & Ba 2015."""

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the mean gradient and of the largest one."""
        return ("m", "u")

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.adamax_step(
            values,
            gradients,
            slots["m"],
            slots["u"],
            self._finite,
            rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            decay,
            self.iterations,
        )


@dataclass(eq=False)
class Nadam(_Moments):
    """Adam with Nesterov's momentum, which rises from beta_1 / 2 to beta_1. Dozat 2016."""

    def build(self, kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> None:
        """Begin with the empty product of momenta."""
        super().build(kernels, parameters, layers)
        self._product = (0, 1.0)

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make one step."""
        self._kernels.nadam_step(
            values,
            gradients,
            slots["m"],
            slots["v"],
            self._finite,
            rate,
            self._momentum(self.iterations),
            self._momentum(self.iterations + 1),
            self._momentum_product(),
            self.beta_1,
            self.beta_2,
            self.epsilon,
            decay,
            self.iterations,
        )

    def _momentum(self, step: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * _NADAM_BASE**step)

    def _momentum_product(self) -> float:
        """Return the product over all steps to this one, taken up where the last call left it.

        After a resume that is step 0: the factors are the same, in the same order.
        """
        step, product = self._product
        if step > self.iterations:
            step, product = 0, 1.0
        while step < self.iterations:
            step += 1
            product *= self._momentum(step)
        self._product = (step, product)
        return product
