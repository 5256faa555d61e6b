"""Depthwise and separable convolutions: each channel is convolved by itself, and perhaps mixed."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.layers.convolving import Convolving, Padding, Sizes
from halflight.nn.layers.weighted import Biased
from halflight.nn.regularizers import L1L2


@dataclass(eq=False)
class Depthwise(Convolving, Biased):
    """y = activation(depthwise convolution of x + bias), channels last.

    Each channel has `depth_multiplier` kernels of its own: the kernel is
    (*kernel_size, channels in, depth_multiplier), and output channel c * depth_multiplier + m is
    channel c under its kernel m. Padding as in Conv2D.
    """

    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    depth_multiplier: int = 1
    dilation_rate: Sizes = 1
    activation: str | None = None
    _: KW_ONLY
    depthwise_initializer: str | Initializer = "glorot_uniform"
    depthwise_regularizer: str | L1L2 | None = None
    depthwise_constraint: str | Constraint | None = None

    roles = ("depthwise", "bias")

    def check(self) -> None:
        """Require positive sizes and known names."""
        check(self, COUNT, "depth_multiplier")
        self.check_windows()
        self.padding = self.margins()
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare the kernel and the bias (channels in * depth_multiplier,)."""
        output, channels = self.slide(shape)
        kernel_shape = (*self.lengths("kernel_size"), channels, self.depth_multiplier)
        self.kernel = self.build_weight("depthwise", "kernel", kernel_shape, decay=True)
        self.build_bias(channels * self.depth_multiplier)
        output_shape = (*output, channels * self.depth_multiplier)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(depthwise convolution of x + bias)."""
        self.kernels.depthwise_conv2d_forward(
            self.images(self.before(y)),
            self.images(x),
            self.taps(self.kernel.value),
            self.bias_value,
            *self.geometry,
        )
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        dy = self.images(dy)
        if self.trainable:
            self.kernels.depthwise_conv2d_backward_weights(
                self.taps(self.kernel.grad), self.bias_grad, dy, self.images(x), *self.geometry
            )
        if dx is not None:
            self.kernels.depthwise_conv2d_backward_input(
                self.images(dx), dy, self.taps(self.kernel.value), *self.geometry
            )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a tap and output, one a bias; padding is counted."""
        return math.prod(output_shape) * (2 * math.prod(self.kernel.shape[:-2]) + self.use_bias)


@dataclass(eq=False)
class DepthwiseConv1D(Depthwise):
    """Depthwise convolution of sequences (batch, length, channels): see `Depthwise`."""

    axes: ClassVar[int] = 1


@dataclass(eq=False)
class DepthwiseConv2D(Depthwise):
    """Depthwise convolution of images (batch, height, width, channels): see `Depthwise`."""

    axes: ClassVar[int] = 2


@dataclass(eq=False)
class Separable(Convolving, Biased):
    """y = activation(depthwise convolution of x, its channels mixed at every pixel, + bias).

    The depthwise kernel is (*kernel_size, channels in, depth_multiplier), as in `Depthwise`; the
    pointwise kernel is (1, ..., channels in * depth_multiplier, filters).
    """

    filters: int
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    dilation_rate: Sizes = 1
    depth_multiplier: int = 1
    activation: str | None = None
    _: KW_ONLY
    depthwise_initializer: str | Initializer = "glorot_uniform"
    pointwise_initializer: str | Initializer = "glorot_uniform"
    depthwise_regularizer: str | L1L2 | None = None
    pointwise_regularizer: str | L1L2 | None = None
    depthwise_constraint: str | Constraint | None = None
    pointwise_constraint: str | Constraint | None = None

    roles = ("depthwise", "pointwise", "bias")

    def check(self) -> None:
        """Require positive sizes and known names."""
        check(self, COUNT, "filters")
        check(self, COUNT, "depth_multiplier")
        self.check_windows()
        self.padding = self.margins()
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare both kernels, the bias (filters,), and room for what lies between them."""
        output, channels = self.slide(shape)
        self.between = channels * self.depth_multiplier
        self.depthwise_kernel = self.build_weight(
            "depthwise",
            "depthwise_kernel",
            (*self.lengths("kernel_size"), channels, self.depth_multiplier),
            decay=True,
        )
        self.pointwise_kernel = self.build_weight(
            "pointwise",
            "pointwise_kernel",
            (*[1] * self.axes, self.between, self.filters),
            decay=True,
        )
        self.build_bias(self.filters)
        self.middle = self.scratch("middle", (*output, self.between))
        output_shape = (*output, self.filters)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(depthwise convolution of x @ pointwise kernel + bias)."""
        middle = self.middle.value
        self.kernels.depthwise_conv2d_forward(
            self.images(middle),
            self.images(x),
            self.taps(self.depthwise_kernel.value),
            None,
            *self.geometry,
        )
        self.kernels.dense_forward(
            _pixels(self.before(y)),
            _pixels(middle),
            _pixels(self.pointwise_kernel.value),
            self.bias_value,
        )
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients. The middle's gradient takes the place of its values."""
        self.deactivate(dy, y)
        middle, dy = self.middle.value, _pixels(dy)
        if self.trainable:
            self.kernels.dense_backward_weights(
                _pixels(self.pointwise_kernel.grad), self.bias_grad, dy, _pixels(middle)
            )
        self.kernels.dense_backward_input(_pixels(middle), dy, _pixels(self.pointwise_kernel.value))
        if self.trainable:
            self.kernels.depthwise_conv2d_backward_weights(
                self.taps(self.depthwise_kernel.grad),
                None,
                self.images(middle),
                self.images(x),
                *self.geometry,
            )
        if dx is not None:
            self.kernels.depthwise_conv2d_backward_input(
                self.images(dx),
                self.images(middle),
                self.taps(self.depthwise_kernel.value),
                *self.geometry,
            )

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a tap and value between the kernels, two a pointwise weight and pixel."""
        pixels, taps = math.prod(output_shape[:-1]), math.prod(self.depthwise_kernel.shape[:-2])
        return pixels * (2 * self.between * (taps + self.filters) + self.use_bias * self.filters)


@dataclass(eq=False)
class SeparableConv1D(Separable):
    """Separable convolution of sequences (batch, length, channels): see `Separable`."""

    axes: ClassVar[int] = 1


@dataclass(eq=False)
class SeparableConv2D(Separable):
    """Separable convolution of images (batch, height, width, channels): see `Separable`."""

    axes: ClassVar[int] = 2


def _pixels(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])
