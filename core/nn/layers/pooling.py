"""Pooling: one number for each window of an image, or for the whole of it."""

import math
from dataclasses import dataclass
from typing import Any

from core.nn.layer import Array, Layer, Shape
from core.nn.layers.checks import image, pair
from core.nn.layers.window import check_padding, slide


@dataclass(eq=False)
class _Pooling(Layer):
    """What the two sliding pools share; strides of None mean the pool's own size."""

    pool_size: int | tuple[int, int] = (2, 2)
    strides: int | tuple[int, int] | None = None
    padding: str = "valid"

    def check(self) -> None:
        """Require positive sizes and a known padding."""
        self.pool_size = pair(self, "pool_size", self.pool_size)
        if self.strides is not None:
            self.strides = pair(self, "strides", self.strides)
        check_padding(self, self.padding)

    def build(self, shape: Shape) -> Shape:
        """Find where the windows fall."""
        height, width, channels = image(self, shape)
        size = pair(self, "pool_size", self.pool_size)
        steps = size if self.strides is None else pair(self, "strides", self.strides)
        window = slide(self, (height, width), size, steps, self.padding)
        self.geometry: tuple[Any, ...] = (size, steps, window.padding)
        return (*window.output, channels)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One operation a pixel of each window."""
        return math.prod(output_shape) * math.prod(self.geometry[0])


@dataclass(eq=False)
class MaxPooling2D(_Pooling):
    """The largest pixel of each window; of equal pixels the first gets the gradient."""

    def build(self, shape: Shape) -> Shape:
        """Keep where each maximum was found."""
        output_shape = super().build(shape)
        self.index = self.scratch("index", output_shape, integer=True)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the maximum of each window."""
        self.kernels.max_pool2d_forward(y, self.index.value, x, *self.geometry)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Send each gradient to the pixel that was the maximum."""
        self.kernels.max_pool2d_backward(dx, dy, self.index.value, *self.geometry)


@dataclass(eq=False)
class AveragePooling2D(_Pooling):
    """The mean of each window's pixels; padding is not counted."""

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the mean of each window."""
        self.kernels.average_pool2d_forward(y, x, *self.geometry)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Share each gradient among the window's pixels."""
        self.kernels.average_pool2d_backward(dx, dy, *self.geometry)


@dataclass(eq=False)
class GlobalAveragePooling2D(Layer):
    """The mean over rows and columns: (height, width, channels) -> (channels,)."""

    def build(self, shape: Shape) -> Shape:
        """Drop rows and columns."""
        return (image(self, shape)[2],)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write each channel's mean."""
        self.kernels.global_average_pool_forward(y, x.reshape(x.shape[0], -1, x.shape[-1]))

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Share each gradient among all pixels."""
        self.kernels.global_average_pool_backward(dx.reshape(dx.shape[0], -1, dx.shape[-1]), dy)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One operation a pixel."""
        return math.prod(shape)
