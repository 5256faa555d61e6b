"""Transposed convolutions: every pixel spreads a small kernel over a larger image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.layers.axes import per_axis, spatial
from halflight.nn.layers.convolving import Convolving, Sizes
from halflight.nn.layers.weighted import Weighted
from halflight.nn.layers.window import Axes, check_padding, spread


@dataclass(eq=False)
class ConvolutionTranspose(Convolving, Weighted):
    """y = activation(transposed convolution of x + bias), channels last.

    It maps as the input gradient of a convolution from `filters` channels to those of x does; the
    kernel is (*kernel_size, filters, channels in). With n pixels in, padding "same" gives
    n * stride pixels out, "valid" n * stride + max(window - stride, 0) for a window of
    (kernel_size - 1) * dilation_rate + 1. `output_padding`, less than the strides, sets the size
    out to (n - 1) * stride + output_padding + window ("valid") or + window % 2 ("same").
    """

    filters: int
    kernel_size: Sizes
    strides: Sizes = 1
    padding: str = "valid"
    output_padding: Sizes | None = None
    dilation_rate: Sizes = 1
    activation: str | None = None

    def check(self) -> None:
        """Require positive sizes, less output padding than strides, and known names."""
        check(self, COUNT, "filters")
        self.check_windows()
        check_padding(self, self.padding)
        self.output_padding = self._extra()
        self.check_weights()

    def _extra(self) -> Axes | None:
        if self.output_padding is None:
            return None
        extra = per_axis(self, "output_padding", self.output_padding, self.axes, least=0)
        if any(e >= s for e, s in zip(extra, self.lengths("strides"), strict=True)):
            raise self.error(f"output_padding must be less than the strides, {self.strides}", extra)
        return extra

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (rows, columns, filters, channels in) and bias (filters,)."""
        image, channels = spatial(self, shape, self.axes)
        size, strides, dilation = map(self.lengths, ("kernel_size", "strides", "dilation_rate"))
        window = spread(image, size, strides, self.padding, self._extra(), dilation)
        if min(window.output) < 1:
            raise self.error(f"nothing is left of an image of {image}", self.output_padding)
        self.place(window.padding)
        self.kernel = self.build_kernel("kernel", (*size, self.filters, channels))
        self.build_bias(self.filters)
        output_shape = (*window.output, self.filters)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(the input gradient of a convolution, at x, + bias)."""
        before = self.before(y)
        self._kernel("backward_input")(
            self.images(before), self.images(x), self.taps(self.kernel.value), *self.geometry, 1
        )
        if self.bias:
            self.kernels.bias_forward(before, self.bias.value)
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx, the convolution of dy; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        windows = (*self.geometry, 1)
        if self.trainable:
            self._kernel("backward_weights")(
                self.taps(self.kernel.grad), None, self.images(x), self.images(dy), *windows
            )
            if self.bias:
                self.kernels.bias_backward(self.bias.grad, dy)
        if dx is not None:
            self._kernel("forward")(
                self.images(dx), self.images(dy), self.taps(self.kernel.value), None, *windows
            )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight and input pixel, one a bias and output pixel."""
        pixels = math.prod(shape[:-1])
        return 2 * pixels * math.prod(self.kernel.shape) + self.use_bias * math.prod(output_shape)

    def _kernel(self, name: str) -> Callable[..., None]:
        kernel: Callable[..., None] = getattr(self.kernels, f"conv{max(self.axes, 2)}d_{name}")
        return kernel


@dataclass(eq=False)
class Conv1DTranspose(ConvolutionTranspose):
    """Transposed convolution of sequences: see `ConvolutionTranspose`."""

    axes: ClassVar[int] = 1


@dataclass(eq=False)
class Conv2DTranspose(ConvolutionTranspose):
    """Transposed convolution of images: see `ConvolutionTranspose`."""

    axes: ClassVar[int] = 2


@dataclass(eq=False)
class Conv3DTranspose(ConvolutionTranspose):
    """Transposed convolution of volumes: see `ConvolutionTranspose`."""

    axes: ClassVar[int] = 3
