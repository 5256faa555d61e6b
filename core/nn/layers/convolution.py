"""Conv2D: a small kernel slides over an image."""

import math
from dataclasses import dataclass

from core.nn.layer import Array, Shape
from core.nn.layers.checks import image, pair, positive_integer
from core.nn.layers.weighted import Weighted
from core.nn.layers.window import check_padding, slide


@dataclass(eq=False)
class Conv2D(Weighted):
    """y = activation(x * kernel + bias), for images x of shape (batch, height, width, channels).

    The kernel, (rows, columns, channels in, filters), is correlated with the image, not flipped.
    """

    filters: int
    kernel_size: int | tuple[int, int]
    strides: int | tuple[int, int] = (1, 1)
    padding: str = "valid"
    activation: str | None = None

    def check(self) -> None:
        """Require positive sizes and known names."""
        positive_integer(self, "filters", self.filters)
        self.kernel_size = pair(self, "kernel_size", self.kernel_size)
        self.strides = pair(self, "strides", self.strides)
        check_padding(self, self.padding)
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (rows, columns, channels in, filters) and bias (filters,)."""
        height, width, channels = image(self, shape)
        size = pair(self, "kernel_size", self.kernel_size)
        self.steps = pair(self, "strides", self.strides)
        window = slide(self, (height, width), size, self.steps, self.padding)
        self.margins = window.padding
        self.build_weights((*size, channels, self.filters), self.filters)
        output_shape = (*window.output, self.filters)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(x * kernel + bias)."""
        self.kernels.conv2d_forward(
            self.before(y), x, self.kernel.value, self.bias_value, self.steps, self.margins
        )
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        if self.trainable:
            self.kernels.conv2d_backward_weights(
                self.kernel.grad, self.bias_grad, dy, x, self.steps, self.margins
            )
        if dx is not None:
            self.kernels.conv2d_backward_input(dx, dy, self.kernel.value, self.steps, self.margins)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight and output pixel, one a bias; padding is counted."""
        pixels = math.prod(output_shape[:2])
        return pixels * (2 * math.prod(self.kernel.shape) + self.use_bias * self.filters)
