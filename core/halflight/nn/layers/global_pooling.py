"""Global pooling: one number for each channel of a whole sequence, image or volume."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

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
    """The mean over a sequence (steps, channels): of the steps that count, 0 where none does."""

    rank: ClassVar[int] = 1
    uses_mask: ClassVar[bool] = True

    def build(self, shape: Any) -> Shape:
        """Drop the steps."""
        return super().build(shape[0] if self.masked else shape)

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Write each channel's mean."""
        if self.masked:
            self.kernels.masked_average_forward(y.reshape(-1, self.positions[1]), *x)
        else:
            super().forward(y, x, training)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Share each gradient among the steps that count."""
        if not self.masked:
            super().backward(dx, dy, x, y)
            return
        if dx[0] is not None:
            gradient = dy.reshape(-1, self.positions[1])
            self.kernels.masked_average_backward(dx[0], gradient, x[1])
        if dx[1] is not None:
            self.kernels.fill(dx[1], 0.0)

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """One operation a value."""
        return super().flops(shape[0] if self.masked else shape, output_shape)


@dataclass(eq=False)
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean over an image (height, width, channels)."""

    rank: ClassVar[int] = 2


@dataclass(eq=False)
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean over a volume (depth, height, width, channels)."""

    rank: ClassVar[int] = 3
