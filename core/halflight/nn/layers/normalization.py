"""BatchNormalization: zero mean and unit deviation for every channel."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import SHARE, check, choice
from halflight.nn.initializers import Ones, Zeros
from halflight.nn.layers.affine import Affine

STATISTICS = ("auto", "batch", "moving")


@dataclass(eq=False)
class BatchNormalization(Affine):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last axis.

    Training uses the batch's own mean and variance and updates the moving ones by
    moving = momentum * moving + (1 - momentum) * batch; inference uses the moving ones, and so does
    a frozen layer (`trainable=False`), as in Keras. Ioffe & Szegedy 2015, algorithms 1 and 2.

    `statistics` says which ones training uses: "auto" as above; "moving" the moving ones, which
    then stay, even while gamma and beta train; "batch" the batch's, so that the moving ones go on
    adapting even where the layer is frozen.
    """

    momentum: float = 0.99
    statistics: str = "auto"
    axis: int = field(default=-1, kw_only=True)

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require 0 <= momentum <= 1, an epsilon of 0 or more and known names."""
        check(self, SHARE, "momentum")
        check(self, choice(*STATISTICS), "statistics")
        self.check_affine()

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, the moving statistics, and the batch's own as scratch."""
        self.require_last(self.axis, shape)
        channels = shape[-1:]
        self.build_affine(shape[-1])
        self.moving_mean = self.state("moving_mean", channels, Zeros())
        self.moving_variance = self.state("moving_variance", channels, Ones())
        self.mean = self.scratch("mean", channels, per_sample=False)
        self.inverse_deviation = self.scratch("inverse_deviation", channels, per_sample=False)
        return shape

    @property
    def trains_on_batch(self) -> bool:
        """Whether a training pass normalises by the batch's own statistics."""
        return self.statistics == "batch" or (self.statistics == "auto" and self.trainable)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        if training and self.trains_on_batch:
            self.kernels.batch_norm_forward_training(
                y,
                self.mean.value,
                self.inverse_deviation.value,
                self.moving_mean.value,
                self.moving_variance.value,
                x,
                self.gamma_value,
                self.beta_value,
                self.momentum,
                self.epsilon,
            )
        else:
            self.kernels.batch_norm_forward_inference(
                y,
                x,
                self.gamma_value,
                self.beta_value,
                self.moving_mean.value,
                self.moving_variance.value,
                self.epsilon,
            )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of gamma and beta."""
        if self.trains_on_batch:
            self.kernels.batch_norm_backward(
                dx,
                *self.gradients,
                dy,
                x,
                self.gamma_value,
                self.mean.value,
                self.inverse_deviation.value,
            )
        else:
            self.kernels.batch_norm_backward_inference(
                dx,
                *self.gradients,
                dy,
                x,
                self.gamma_value,
                self.moving_mean.value,
                self.moving_variance.value,
                self.epsilon,
            )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One multiply-add a value: the statistics fold into a scale and a shift."""
        return 2 * math.prod(output_shape)
