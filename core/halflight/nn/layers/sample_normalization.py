"""Normalisations of each sample by itself: over its features, groups of channels, or neighbours."""

import math
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import NOT_NEGATIVE, POSITIVE, Rule, check, integer, is_integer
from halflight.nn.layer import Layer
from halflight.nn.layers.affine import Affine


@dataclass(eq=False)
class LayerNormalization(Affine):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, statistics over the last axis.

    Training and inference are the same. Ba, Kiros & Hinton 2016, eq. 4.
    """

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require a positive epsilon and known names."""
        self.check_affine()

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, and the statistics of each row as scratch."""
        self.build_affine(shape[-1])
        self.mean = self.scratch("mean", shape[:-1])
        self.inverse_deviation = self.scratch("inverse_deviation", shape[:-1])
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        statistics = self.mean.value, self.inverse_deviation.value
        self.kernels.layer_norm_forward(
            y, *statistics, x, self.gamma_value, self.beta_value, self.epsilon
        )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of gamma and beta."""
        statistics = self.mean.value, self.inverse_deviation.value
        self.kernels.layer_norm_backward(dx, *self.gradients, dy, x, self.gamma_value, *statistics)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Seven operations a value: one for the mean, two for the variance, four to normalise."""
        return 7 * math.prod(output_shape)


_GROUPS = Rule("a positive integer, or -1", lambda n: is_integer(n) and (n >= 1 or n == -1))


@dataclass(eq=False)
class GroupNormalization(Affine):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta for groups of channels.

    Statistics are each sample's own, over all positions and the channels of one group; gamma and
    beta have a value for each channel. `groups` of -1 makes every channel a group (instance
    normalisation). Wu & He 2018, section 3.1.
    """

    groups: int = 32

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require a number of groups, an epsilon of 0 or more and known names."""
        check(self, _GROUPS, "groups")
        self.check_affine()

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, and the statistics of each group as scratch."""
        groups = shape[-1] if self.groups == -1 else self.groups
        if shape[-1] % groups:
            raise self.error(f"groups must divide the channels of the input {shape}", groups)
        self.build_affine(shape[-1])
        self.mean = self.scratch("mean", (groups,))
        self.inverse_deviation = self.scratch("inverse_deviation", (groups,))
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        statistics = self.mean.value, self.inverse_deviation.value
        self.kernels.group_norm_forward(
            _positions(y),
            *statistics,
            _positions(x),
            self.gamma_value,
            self.beta_value,
            self.epsilon,
        )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of gamma and beta."""
        statistics = self.mean.value, self.inverse_deviation.value
        arrays = _positions(dy), _positions(x)
        self.kernels.group_norm_backward(
            _positions(dx), *self.gradients, *arrays, self.gamma_value, *statistics
        )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Seven operations a value: one for the mean, two for the variance, four to normalise."""
        return 7 * math.prod(output_shape)


@dataclass(eq=False)
class LocalResponseNormalization(Layer):
    """y = x / (bias + alpha * sum of squares of 2 depth_radius + 1 neighbour channels) ** beta.

    TensorFlow's form and defaults. AlexNet (Krizhevsky et al. 2012, section 3.3: k = 2, n = 5,
    alpha = 1e-4, beta = 0.75) is LocalResponseNormalization(2, 2.0, 1e-4, 0.75).
    """

    depth_radius: int = 5
    bias: float = 1.0
    alpha: float = 1.0
    beta: float = 0.5

    def check(self) -> None:
        """Require what keeps the divisor above zero."""
        check(self, integer(least=0), "depth_radius")
        check(self, POSITIVE, "bias")
        check(self, NOT_NEGATIVE, "alpha", "beta")

    def build(self, shape: Shape) -> Shape:
        """Keep the shape."""
        return shape

    @property
    def _constants(self) -> tuple[int, float, float, float]:
        return self.depth_radius, self.bias, self.alpha, self.beta

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        self.kernels.local_response_norm_forward(y, x, *self._constants)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx."""
        if dx is not None:
            self.kernels.local_response_norm_backward(dx, dy, x, *self._constants)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a neighbour (as if none were missing), four for the rest."""
        return (2 * (2 * self.depth_radius + 1) + 4) * math.prod(output_shape)


def _positions(array: Array) -> Array:
    """A view as (samples, positions, channels)."""
    return array.reshape(array.shape[0], -1, array.shape[-1])
