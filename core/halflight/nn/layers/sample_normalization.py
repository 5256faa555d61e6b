"""Normalisations of each sample by itself: over its features, groups of channels, or neighbours."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import NOT_NEGATIVE, POSITIVE, Rule, check, integer, is_integer
from halflight.nn.initializers import Ones
from halflight.nn.layer import Layer
from halflight.nn.layers.affine import Affine
from halflight.nn.layers.axes import AXES, Trailing

SMALLEST_NORM = 1e-12
"""What Keras's normalize divides by at least; far below what float32's squares resolve."""


@dataclass(eq=False)
class LayerNormalization(Affine):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, statistics over `axis`.

    Statistics are over one axis or several together (the batch is axis 0); gamma and beta have a
    value for each of their positions. Training and inference are the same. Ba, Kiros & Hinton
    2016, eq. 4.
    """

    passes_mask: ClassVar[bool] = True

    axis: int | tuple[int, ...] = -1

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require axes, an epsilon of 0 or more and known names."""
        check(self, AXES, "axis")
        self.check_affine()

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, and the statistics of each row as scratch."""
        self.trailing = Trailing(self, shape, self.axis)
        self.build_affine(*self.trailing.lengths)
        self.mean = self.scratch("mean", self.trailing.rows)
        self.inverse_deviation = self.scratch("inverse_deviation", self.trailing.rows)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        statistics = self.mean.value, self.inverse_deviation.value
        rows, affine = self.trailing.input(self.kernels, x), (self.gamma_value, self.beta_value)
        self.kernels.layer_norm_forward(
            self.trailing.output(y), *statistics, rows, *map(_flat, affine), self.epsilon
        )
        self.trailing.finish(self.kernels, y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of gamma and beta."""
        statistics = self.mean.value, self.inverse_deviation.value
        target, moved = self.trailing, self.trailing.moved
        rows = target.gradient(self.kernels, dy)
        self.kernels.layer_norm_backward(
            target.output(dy) if moved else dx.reshape(rows.shape),
            *map(_flat, self.gradients),
            rows,
            target.input_again(x),
            _flat(self.gamma_value),
            *statistics,
        )
        target.finish(self.kernels, dx)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Seven operations a value: one for the mean, two for the variance, four to normalise."""
        return 7 * math.prod(output_shape)


@dataclass(eq=False)
class RMSNormalization(Layer):
    """y = scale * x / sqrt(mean of x^2 + epsilon) over `axis`: Zhang & Sennrich 2019, eq. 4.

    The mean is over one axis or several together (the batch is axis 0); `scale` has a value for
    each of their positions.
    """

    passes_mask: ClassVar[bool] = True

    axis: int | tuple[int, ...] = -1
    epsilon: float = 1e-6

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require axes and an epsilon of 0 or more."""
        check(self, AXES, "axis")
        check(self, NOT_NEGATIVE, "epsilon")

    def build(self, shape: Shape) -> Shape:
        """Declare the scale, and each row's factor as scratch."""
        self.trailing = Trailing(self, shape, self.axis)
        self.scale = self.param("scale", self.trailing.lengths, Ones())
        self.inverse = self.scratch("inverse", self.trailing.rows)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the normalised x."""
        rows = self.trailing.input(self.kernels, x)
        target = self.trailing.output(y)
        scale = _flat(self.scale.value)
        self.kernels.rms_norm_forward(target, self.inverse.value, rows, scale, self.epsilon)
        self.trailing.finish(self.kernels, y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradient of the scale."""
        rows = self.trailing.gradient(self.kernels, dy)
        moved = self.trailing.moved
        self.kernels.rms_norm_backward(
            self.trailing.output(dy) if moved else dx.reshape(rows.shape),
            _flat(self.scale.grad) if self.trainable else None,
            rows,
            self.trailing.input_again(x),
            _flat(self.scale.value),
            self.inverse.value,
        )
        self.trailing.finish(self.kernels, dx)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a value for the mean square, two to normalise."""
        return 4 * math.prod(output_shape)


@dataclass(eq=False)
class UnitNormalization(Layer):
    """x over its Euclidean norm along `axis`, one or several together; a vector of 0 stays 0."""

    passes_mask: ClassVar[bool] = True

    axis: int | tuple[int, ...] = -1

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require axes."""
        check(self, AXES, "axis")

    def build(self, shape: Shape) -> Shape:
        """Declare each row's factor as scratch."""
        self.trailing = Trailing(self, shape, self.axis)
        self.inverse = self.scratch("inverse", self.trailing.rows)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x over its root mean square, and that over the root of their number."""
        count = self.trailing.count
        rows, target = self.trailing.input(self.kernels, x), self.trailing.output(y)
        epsilon = SMALLEST_NORM**2 / count
        self.kernels.rms_norm_forward(target, self.inverse.value, rows, None, epsilon)
        self.kernels.scale(target.reshape(-1), count**-0.5)
        self.trailing.finish(self.kernels, y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx."""
        rows = self.trailing.gradient(self.kernels, dy)
        target = self.trailing.output(dy) if self.trailing.moved else dx.reshape(rows.shape)
        x_rows = self.trailing.input_again(x)
        self.kernels.rms_norm_backward(target, None, rows, x_rows, None, self.inverse.value)
        self.kernels.scale(target.reshape(-1), self.trailing.count**-0.5)
        self.trailing.finish(self.kernels, dx)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a value for the norm, two to normalise."""
        return 4 * math.prod(output_shape)


_GROUPS = Rule("a positive integer, or -1", lambda n: is_integer(n) and (n >= 1 or n == -1))


@dataclass(eq=False)
class GroupNormalization(Affine):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta for groups of channels.

    Statistics are each sample's own, over all positions and the channels of one group; gamma and
    beta have a value for each channel. `groups` of -1 makes every channel a group (instance
    normalisation). Wu & He 2018, section 3.1.
    """

    groups: int = 32
    axis: int = field(default=-1, kw_only=True)

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require a number of groups, an epsilon of 0 or more and known names."""
        check(self, _GROUPS, "groups")
        self.check_affine()

    def build(self, shape: Shape) -> Shape:
        """Declare gamma and beta, and the statistics of each group as scratch."""
        self.require_last(self.axis, shape)
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


def _flat(array: Array) -> Array:
    """A view with one axis; None stays None."""
    return None if array is None else array.reshape(-1)
