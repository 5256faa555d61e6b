"""Weighted: the base of layers with a kernel and a bias, and the arguments they share in Keras."""

from dataclasses import dataclass

from core.nn import constraints, initializers, regularizers
from core.nn.constraints import MaxNorm
from core.nn.initializers import Initializer
from core.nn.layer import Array, Shape, Weight
from core.nn.layers.activation import Activated
from core.nn.layers.checks import boolean
from core.nn.regularizers import L1L2


@dataclass(eq=False, kw_only=True)
class Weighted(Activated):
    """A layer that ends in activation(... kernel ... + bias).

    Weight decay acts on the kernel alone.
    """

    use_bias: bool = True
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"
    kernel_regularizer: str | L1L2 | None = None
    bias_regularizer: str | L1L2 | None = None
    kernel_constraint: str | MaxNorm | None = None
    bias_constraint: str | MaxNorm | None = None

    def check_weights(self) -> None:
        """Look all names up; raise for one that is unknown."""
        boolean(self, "use_bias", self.use_bias)
        self.check_activation()
        self.kernel_initializer = initializers.get(self.kernel_initializer)
        self.bias_initializer = initializers.get(self.bias_initializer)
        self.kernel_regularizer = regularizers.get(self.kernel_regularizer)
        self.bias_regularizer = regularizers.get(self.bias_regularizer)
        self.kernel_constraint = constraints.get(self.kernel_constraint)
        self.bias_constraint = constraints.get(self.bias_constraint)

    def build_weights(self, kernel_shape: Shape, units: int) -> None:
        """Declare `self.kernel`, and `self.bias` (units,) or None."""
        self.kernel = self.build_kernel("kernel", kernel_shape)
        self.bias: Weight | None = None
        if self.use_bias:
            self.bias = self.param(
                "bias",
                (units,),
                initializers.get(self.bias_initializer),
                regularizer=regularizers.get(self.bias_regularizer),
                constraint=constraints.get(self.bias_constraint),
            )

    def build_kernel(self, name: str, shape: Shape) -> Weight:
        """Declare one kernel with the kernel's initializer, regularizer and constraint."""
        return self.param(
            name,
            shape,
            initializers.get(self.kernel_initializer),
            decay=True,
            regularizer=regularizers.get(self.kernel_regularizer),
            constraint=constraints.get(self.kernel_constraint),
        )

    @property
    def bias_value(self) -> Array:
        """The bias's values, or None."""
        return self.bias.value if self.bias else None

    @property
    def bias_grad(self) -> Array:
        """The bias's gradient, or None."""
        return self.bias.grad if self.bias else None
