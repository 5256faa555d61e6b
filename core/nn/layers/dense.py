"""Dense: every output sees every input."""

import math
from dataclasses import dataclass

from core.nn.initializers import Initializer, get
from core.nn.layer import Array, Shape
from core.nn.layers.activation import Activated, check_activation
from core.nn.layers.checks import boolean, positive_integer


@dataclass(eq=False)
class Dense(Activated):
    """y = activation(x @ kernel + bias), for x of shape (batch, features)."""

    units: int
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"

    def check(self) -> None:
        """Require positive units and known names."""
        positive_integer(self, "units", self.units)
        boolean(self, "use_bias", self.use_bias)
        check_activation(self, self.activation)
        self.kernel_initializer = get(self.kernel_initializer)
        self.bias_initializer = get(self.bias_initializer)

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (features, units) and bias (units,)."""
        if len(shape) != 1:
            raise self.error("needs a vector (features,): put Flatten() before it", shape)
        self.kernel = self.param(
            "kernel", (shape[0], self.units), get(self.kernel_initializer), decay=True
        )
        self.bias = (
            self.param("bias", (self.units,), get(self.bias_initializer)) if self.use_bias else None
        )
        self.build_activation((self.units,))
        return (self.units,)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(x @ kernel + bias)."""
        bias = self.bias.value if self.bias else None
        self.kernels.dense_forward(self.before(y), x, self.kernel.value, bias)
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx = dy @ kernel.T; add x.T @ dy and the column sums of dy to the gradients."""
        self.deactivate(dy, y)
        if self.trainable:
            bias_grad = self.bias.grad if self.bias else None
            self.kernels.dense_backward_weights(self.kernel.grad, bias_grad, dy, x)
        if dx is not None:
            self.kernels.dense_backward_input(dx, dy, self.kernel.value)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight, one a bias."""
        return 2 * shape[0] * self.units + self.use_bias * math.prod(output_shape)
