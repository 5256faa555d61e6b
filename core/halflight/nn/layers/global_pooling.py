"""Global pooling: one number for each channel of a whole sequence, image or volume."""

import math
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, check
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import spatial


@dataclass(eq=False)
class _GlobalPooling(Layer):
    """(..., channels) -> (channels,), or (1, ..., 1, channels) with `keepdims`."""

    rank: ClassVar[int]

    keepdims: bool = False

    def check(self) -> None:
        """Require a bool."""
        check(self, BOOLEAN, "keepdims")

    def build(self, shape: Shape) -> Shape:
        """Drop all axes but the channels."""
        lengths, channels = spatial(self, shape, self.rank)
        self.positions = (math.prod(lengths), channels)
        return (*[1] * (self.rank * self.keepdims), channels)

    def views(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return x (batch, positions, channels) and y (batch, channels), or their gradients."""
        return x.reshape(-1, *self.positions), y.reshape(-1, self.positions[1])

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One operation a pixel."""
        return math.prod(shape)


@dataclass(eq=False)
class _GlobalMaxPooling(_GlobalPooling):
    """The largest value of each channel; of equal ones the first gets the gradient."""

    def build(self, shape: Shape) -> Shape:
        """Keep where each maximum was found."""
        output_shape = super().build(shape)
        self.index = self.scratch("index", output_shape[-1:], integer=True)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write each channel's maximum."""
        values, largest = self.views(x, y)
        self.kernels.global_max_pool_forward(largest, self.index.value, values)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Send each gradient to the position of the maximum."""
        gradients, gradient = self.views(dx, dy)
        self.kernels.global_max_pool_backward(gradients, gradient, self.index.value)


@dataclass(eq=False)
class _GlobalAveragePooling(_GlobalPooling):
    """The mean of each channel."""

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write each channel's mean."""
        values, mean = self.views(x, y)
        self.kernels.global_average_pool_forward(mean, values)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Share each gradient among all positions."""
        self.kernels.global_average_pool_backward(*self.views(dx, dy))


@dataclass(eq=False)
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The maximum over a sequence (steps, channels)."""

    rank: ClassVar[int] = 1


@dataclass(eq=False)
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The maximum over an image (height, width, channels)."""

    rank: ClassVar[int] = 2


@dataclass(eq=False)
class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The maximum over a volume (depth, height, width, channels)."""

    rank: ClassVar[int] = 3


@dataclass(eq=False)
class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean over a sequence (steps, channels)."""

    rank: ClassVar[int] = 1


@dataclass(eq=False)
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean over an image (height, width, channels)."""

    rank: ClassVar[int] = 2


@dataclass(eq=False)
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean over a volume (depth, height, width, channels)."""

    rank: ClassVar[int] = 3
