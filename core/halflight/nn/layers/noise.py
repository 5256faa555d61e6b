"""Gaussian noise: added, multiplied, or as the sampling of a variational autoencoder."""

from dataclasses import dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import FRACTION, NOT_NEGATIVE, check
from halflight.nn.layers.regularization import Random


@dataclass(eq=False)
class GaussianNoise(Random):
    """Adds normal noise of mean 0 and deviation `stddev` in training; inference copies."""

    passes_mask: ClassVar[bool] = True

    stddev: float
    seed: int | None = None

    def check(self) -> None:
        """Require a deviation of at least 0."""
        check(self, NOT_NEGATIVE, "stddev")
        self.check_seed()

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, with noise where training."""
        if training:
            self.kernels.gaussian_noise_forward(y, x, self.stddev, *self.random)
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Noise that is added leaves the gradient alone."""
        self.kernels.copy(dx, dy)


@dataclass(eq=False)
class GaussianDropout(Random):
    """Multiplies by normal noise of mean 1 and deviation sqrt(rate / (1 - rate)) in training.

    Srivastava et al. 2014, section 10; inference copies.
    """

    passes_mask: ClassVar[bool] = True

    rate: float
    seed: int | None = None

    def check(self) -> None:
        """Require 0 <= rate < 1."""
        check(self, FRACTION, "rate")
        self.check_seed()

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, times noise where training."""
        if training:
            self.kernels.gaussian_dropout_forward(y, x, self.rate, *self.random)
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Multiply the gradient by the same noise."""
        self.kernels.gaussian_dropout_backward(dx, dy, self.rate, *self.random)


@dataclass(eq=False)
class Sampling(Random):
    """Draws from a normal distribution: [mean, log_variance] -> mean + exp(log_variance / 2) * e.

    e is standard normal in training; inference writes the mean. Kingma & Welling 2014, eq. 10.
    """

    seed: int | None = None

    takes_list: ClassVar[bool] = True

    def check(self) -> None:
        """Require a seed that fits."""
        self.check_seed()

    def build(self, shapes: Any) -> Shape:
        """Require two tensors of one shape."""
        if len(shapes) != 2 or shapes[0] != shapes[1]:
            raise self.error("needs [mean, log_variance] of one shape", shapes)
        return shapes[0]

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write a draw, or the mean."""
        if training:
            self.kernels.sampling_forward(y, *x, *self.random)
        else:
            self.kernels.copy(y, x[0])

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Pass the gradient to the mean, and times dy/dlog_variance to the log-variance."""
        if dx[0] is not None:
            self.kernels.copy(dx[0], dy)
        if dx[1] is not None:
            self.kernels.sampling_backward(dx[1], dy, x[1], *self.random)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Nothing: inference copies the mean."""
        return 0
