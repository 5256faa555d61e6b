"""Biased and Weighted: the bases of layers with a bias and kernels, with Keras's arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape, Weight
from halflight.nn.checks import BOOLEAN, check
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.constraints import Constraint
from halflight.nn.constraints import get as get_constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layer import Layer, Tensor
from halflight.nn.layers.activation import Activated
from halflight.nn.layers.activity import ActivityRegularization
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer


@dataclass(eq=False, kw_only=True)
class Biased(Activated):
    """A layer that ends in activation(... + bias)."""

    use_bias: bool = True
    bias_initializer: str | Initializer = "zeros"
    bias_regularizer: str | L1L2 | None = None
    bias_constraint: str | Constraint | None = None

    roles: ClassVar[tuple[str, ...]] = ("bias",)
    """What `<role>_initializer`, `<role>_regularizer` and `<role>_constraint` are fields for."""

    def check_weights(self) -> None:
        """Look all names up; raise for one that is unknown."""
        check(self, BOOLEAN, "use_bias")
        self.check_activation()
        for role in self.roles:
            look_up(self, role)

    def build_weight(self, role: str, name: str, shape: Shape, *, decay: bool) -> Weight:
        """Declare one weight with the initializer, regularizer and constraint of its role."""
        return weight_of(self, role, name, shape, decay=decay)

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


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "initializer": get_initializer,
    "regularizer": get_regularizer,
    "constraint": get_constraint,
}


def look_up(layer: Layer, role: str) -> None:
    """Replace names in the fields `<role>_initializer`, ..., by what they name."""
    for kind, get in _KINDS.items():
        field = f"{role}_{kind}"
        setattr(layer, field, get(getattr(layer, field)))


def weight_of(layer: Layer, role: str, name: str, shape: Shape, *, decay: bool = False) -> Weight:
    """Declare a weight with the initializer, regularizer and constraint of its role."""
    return layer.param(
        name,
        shape,
        get_initializer(getattr(layer, f"{role}_initializer")),
        decay=decay,
        regularizer=get_regularizer(getattr(layer, f"{role}_regularizer")),
        constraint=get_constraint(getattr(layer, f"{role}_constraint")),
    )


@dataclass(eq=False, kw_only=True)
class Weighted(Biased):
    """A layer that ends in activation(... kernel ... + bias).

    Weight decay acts on the kernel alone.
    """

    kernel_initializer: str | Initializer = "glorot_uniform"
    kernel_regularizer: str | L1L2 | None = None
    kernel_constraint: str | Constraint | None = None
    activity_regularizer: str | L1L2 | None = field(default=None, metadata=UNLESS_DEFAULT)

    roles: ClassVar[tuple[str, ...]] = ("kernel", "bias")

    def check_weights(self) -> None:
        """Look all names up; raise for one that is unknown."""
        super().check_weights()
        self.activity_regularizer = get_regularizer(self.activity_regularizer)

    def __call__(self, inputs: Tensor | Sequence[Tensor], mask: Tensor | None = None) -> Tensor:
        """Add this layer to the graph, and the penalty on its output behind it; see `Layer`."""
        return self.penalised(super().__call__(inputs, mask))

    def penalised(self, output: Tensor) -> Tensor:
        """Return an output with the penalty on it behind it, if there is one."""
        penalty = get_regularizer(self.activity_regularizer)
        return ActivityRegularization(penalty.l1, penalty.l2)(output) if penalty else output

    def build_weights(self, kernel_shape: Shape, units: int) -> None:
        """Declare `self.kernel`, and `self.bias` (units,) or None."""
        self.kernel = self.build_kernel("kernel", kernel_shape)
        self.build_bias(units)

    def build_kernel(self, name: str, shape: Shape) -> Weight:
        """Declare one kernel with the kernel's initializer, regularizer and constraint."""
        return self.build_weight("kernel", name, shape, decay=True)
