"""Biased and Weighted: the bases of layers with a bias and kernels, with Keras's arguments."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn import constraints, initializers, regularizers
from halflight.nn.constraints import MaxNorm
from halflight.nn.initializers import Initializer
from halflight.nn.layer import Array, Shape, Weight
from halflight.nn.layers.activation import Activated
from halflight.nn.layers.checks import boolean
from halflight.nn.regularizers import L1L2


@dataclass(eq=False, kw_only=True)
class Biased(Activated):
    """A layer that ends in activation(... + bias)."""

    use_bias: bool = True
    bias_initializer: str | Initializer = "zeros"
    bias_regularizer: str | L1L2 | None = None
    bias_constraint: str | MaxNorm | None = None

    roles: ClassVar[tuple[str, ...]] = ("bias",)
    """What `<role>_initializer`, `<role>_regularizer` and `<role>_constraint` are fields for."""

    def check_weights(self) -> None:
        """Look all names up; raise for one that is unknown."""
        boolean(self, "use_bias", self.use_bias)
        self.check_activation()
        for role in self.roles:
            for kind, module in _KINDS.items():
                field = f"{role}_{kind}"
                setattr(self, field, module.get(getattr(self, field)))

    def build_weight(self, role: str, name: str, shape: Shape, *, decay: bool) -> Weight:
        """Declare one weight with the initializer, regularizer and constraint of its role."""
        return self.param(
            name,
            shape,
            initializers.get(getattr(self, f"{role}_initializer")),
            decay=decay,
            regularizer=regularizers.get(getattr(self, f"{role}_regularizer")),
            constraint=constraints.get(getattr(self, f"{role}_constraint")),
        )

    def build_bias(self, units: int) -> None:
        """Declare `self.bias` (units,), or None."""
        self.bias: Weight | None = None
        if self.use_bias:
            self.bias = self.build_weight("bias", "bias", (units,), decay=False)

    @property
    def bias_value(self) -> Array:
        """The bias's values, or None."""
        return self.bias.value if self.bias else None

    @property
    def bias_grad(self) -> Array:
        """The bias's gradient, or None."""
        return self.bias.grad if self.bias else None


_KINDS = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


@dataclass(eq=False, kw_only=True)
class Weighted(Biased):
    """A layer that ends in activation(... kernel ... + bias).

    Weight decay acts on the kernel alone.
    """

    kernel_initializer: str | Initializer = "glorot_uniform"
    kernel_regularizer: str | L1L2 | None = None
    kernel_constraint: str | MaxNorm | None = None

    roles = ("kernel", "bias")

    def build_weights(self, kernel_shape: Shape, units: int) -> None:
        """Declare `self.kernel`, and `self.bias` (units,) or None."""
        self.kernel = self.build_kernel("kernel", kernel_shape)
        self.build_bias(units)

    def build_kernel(self, name: str, shape: Shape) -> Weight:
        """Declare one kernel with the kernel's initializer, regularizer and constraint."""
        return self.build_weight("kernel", name, shape, decay=True)
