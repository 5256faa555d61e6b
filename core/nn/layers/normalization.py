"""BatchNormalization: zero mean and unit deviation for every channel."""

import math
from dataclasses import dataclass
from typing import ClassVar

from core.nn.initializers import Initializer, Ones, Zeros, get
from core.nn.layer import Array, Layer, Shape
from core.nn.layers.checks import fraction, positive


@dataclass(eq=False)
class BatchNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last axis.

    Training uses the batch's own mean and variance and updates the moving ones by
    moving = momentum * moving + (1 - momentum) * batch; inference uses the moving ones, and so does
    a frozen layer (`trainable=False`), as in Keras. Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3
    beta_initializer: str | Initializer = "zeros"
    gamma_initializer: str | Initializer = "ones"

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require 0 <= momentum < 1 and a positive epsilon."""
        self.momentum = fraction(self, "momentum", self.momentum)
        self.epsilon = positive(self, "epsilon", self.epsilon)
        self.beta_initializer = get(self.beta_initializer)
        self.gamma_initializer = get(self.gamma_initializer)

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, the moving statistics, and the batch's own as scratch."""
        channels = shape[-1:]
        self.gamma = self.param("gamma", channels, get(self.gamma_initializer))
        self.beta = self.param("beta", channels, get(self.beta_initializer))
        self.moving_mean = self.state("moving_mean", channels, Zeros())
        self.moving_variance = self.state("moving_variance", channels, Ones())
        self.mean = self.scratch("mean", channels, per_sample=False)
        self.inverse_deviation = self.scratch("inverse_deviation", channels, per_sample=False)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        if training and self.trainable:
            self.kernels.batch_norm_forward_training(
                y,
                self.mean.value,
                self.inverse_deviation.value,
                self.moving_mean.value,
                self.moving_variance.value,
                x,
                self.gamma.value,
                self.beta.value,
                self.momentum,
                self.epsilon,
            )
        else:
            self.kernels.batch_norm_forward_inference(
                y,
                x,
                self.gamma.value,
                self.beta.value,
                self.moving_mean.value,
                self.moving_variance.value,
                self.epsilon,
            )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of gamma and beta (which nobody reads when frozen)."""
        gradients = (dx, self.gamma.grad, self.beta.grad)
        if self.trainable:
            self.kernels.batch_norm_backward(
                *gradients, dy, x, self.gamma.value, self.mean.value, self.inverse_deviation.value
            )
        else:
            self.kernels.batch_norm_backward_inference(
                *gradients,
                dy,
                x,
                self.gamma.value,
                self.moving_mean.value,
                self.moving_variance.value,
                self.epsilon,
            )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One multiply-add a value: the statistics fold into a scale and a shift."""
        return 2 * math.prod(output_shape)
