"""Dense and Perceptron: every output sees every input."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.layers.weighted import Weighted


@dataclass(eq=False)
class Dense(Weighted):
    """y = activation(x @ kernel + bias) over the last axis of x, whatever axes come before it."""

    passes_mask: ClassVar[bool] = True

    units: int
    activation: str | None = None

    def check(self) -> None:
        """Require positive units and known names."""
        check(self, COUNT, "units")
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (features, units) and bias (units,)."""
        self.build_weights((shape[-1], self.units), self.units)
        self.kernel.replaces = True
        output_shape = (*shape[:-1], self.units)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(x @ kernel + bias)."""
        self.kernels.dense_forward(
            _rows(self.before(y)), _rows(x), self.kernel.value, self.bias_value
        )
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx = dy @ kernel.T; add x.T @ dy and the column sums of dy to the gradients."""
        self.deactivate(dy, y)
        if self.trainable:
            self.kernels.dense_backward_weights(
                self.kernel.grad, self.bias_grad, _rows(dy), _rows(x), self.kernel.take_fresh()
            )
        if dx is not None:
            self.kernels.dense_backward_input(_rows(dx), _rows(dy), self.kernel.value)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight and row, one a bias."""
        return math.prod(output_shape) * (2 * shape[-1] + self.use_bias)


@dataclass(eq=False)
class Perceptron(Dense):
    """A dense layer of threshold units that learns by the perceptron rule (Rosenblatt 1958).

    y = 1 where x @ kernel + bias > 0, else 0. That has no gradient to learn by: instead `backward`
    passes dy through the threshold unchanged, as if it were not there, so that with a loss of
    (y - target)^2 gradient descent moves the kernel by a multiple of (target - y) x.
    """

    activation: str | None = field(default="step", init=False)

    def deactivate(self, dy: Array, y: Array) -> None:
        """Leave dy as it is: the rule, not a gradient."""


def _rows(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])
