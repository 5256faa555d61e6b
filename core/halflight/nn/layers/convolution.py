"""Conv1D, Conv2D, Conv3D: a small kernel slides over a sequence, an image or a volume."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.layers.convolving import Convolving, Padding, Sizes
from halflight.nn.layers.weighted import Weighted


@dataclass(eq=False)
class Convolution(Convolving, Weighted):
    """y = activation(x * kernel + bias), with one number or `axes` of them for each size.

    The kernel, (*kernel_size, channels in / groups, filters), is correlated with the input, not
    flipped. Its taps are `dilation_rate` pixels apart. With `groups`, the filters fall into as many
    equal runs, and each sees its own run of the channels in. `padding` is "valid", "same", or zeros
    to add: an integer, or for each axis an integer or a pair (before, after).
    """

    filters: int
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    dilation_rate: Sizes = 1
    groups: int = 1
    activation: str | None = None

    def check(self) -> None:
        """Require positive sizes, groups that divide the filters, and known names."""
        check(self, COUNT, "filters")
        check(self, COUNT, "groups")
        if self.filters % self.groups:
            raise self.error("groups must divide the filters", (self.groups, self.filters))
        self.check_windows()
        self.padding = self.margins()
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (*kernel_size, channels in / groups, filters) and bias (filters,)."""
        output, channels = self.slide(shape)
        if channels % self.groups:
            raise self.error("groups must divide the channels", (self.groups, channels))
        kernel_shape = (*self.lengths("kernel_size"), channels // self.groups, self.filters)
        self.build_weights(kernel_shape, self.filters)
        output_shape = (*output, self.filters)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(x * kernel + bias)."""
        self.convolve(self.before(y), x)
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        self.convolve_backward(dx, dy, x)

    def convolve(self, y: Array, x: Array) -> None:
        """Write y = x * kernel + bias."""
        self._kernel("forward")(
            self.images(y),
            self.images(x),
            self.taps(self.kernel.value),
            self.bias_value,
            *self.geometry,
            self.groups,
        )

    def convolve_backward(self, dx: Array, dy: Array, x: Array) -> None:
        """Write dx (unless None) of `convolve`; add to the gradients of kernel and bias."""
        windows = (*self.geometry, self.groups)
        dy = self.images(dy)
        if self.trainable:
            self._kernel("backward_weights")(
                self.taps(self.kernel.grad), self.bias_grad, dy, self.images(x), *windows
            )
        if dx is not None:
            self._kernel("backward_input")(
                self.images(dx), dy, self.taps(self.kernel.value), *windows
            )

    def _kernel(self, name: str) -> Callable[..., None]:
        kernel: Callable[..., None] = getattr(self.kernels, f"conv{max(self.axes, 2)}d_{name}")
        return kernel

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight and output pixel, one a bias; padding is counted."""
        pixels = math.prod(output_shape[:-1])
        return pixels * (2 * math.prod(self.kernel.shape) + self.use_bias * self.filters)


@dataclass(eq=False)
class Conv1D(Convolution):
    """Convolution of sequences (batch, length, channels).

    "causal" padding adds zeros before alone, so that no output sees what comes after it.
    """

    axes: ClassVar[int] = 1


@dataclass(eq=False)
class Conv2D(Convolution):
    """Convolution of images (batch, height, width, channels)."""

    axes: ClassVar[int] = 2


@dataclass(eq=False)
class Conv3D(Convolution):
    """Convolution of volumes (batch, depth, height, width, channels)."""

    axes: ClassVar[int] = 3
