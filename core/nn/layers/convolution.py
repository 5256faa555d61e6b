"""Conv2D: a small kernel slides over an image."""

import math
from dataclasses import dataclass

from core.nn.initializers import Initializer, get
from core.nn.layer import Array, Shape
from core.nn.layers.activation import Activated, check_activation
from core.nn.layers.checks import boolean, image, pair, positive_integer
from core.nn.layers.window import check_padding, slide


@dataclass(eq=False)
class Conv2D(Activated):
    """y = activation(x * kernel + bias), for images x of shape (batch, height, width, channels).

    The kernel, (rows, columns, channels in, filters), is correlated with the image, not flipped.
    """

    filters: int
    kernel_size: int | tuple[int, int]
    strides: int | tuple[int, int] = (1, 1)
    padding: str = "valid"
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"

    def check(self) -> None:
        """Require positive sizes and known names."""
        positive_integer(self, "filters", self.filters)
        self.kernel_size = pair(self, "kernel_size", self.kernel_size)
        self.strides = pair(self, "strides", self.strides)
        check_padding(self, self.padding)
        boolean(self, "use_bias", self.use_bias)
        check_activation(self, self.activation)
        self.kernel_initializer = get(self.kernel_initializer)
        self.bias_initializer = get(self.bias_initializer)

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (rows, columns, channels in, filters) and bias (filters,)."""
        height, width, channels = image(self, shape)
        size = pair(self, "kernel_size", self.kernel_size)
        self.steps = pair(self, "strides", self.strides)
        window = slide(self, (height, width), size, self.steps, self.padding)
        self.margins = window.padding
        self.kernel = self.param(
            "kernel", (*size, channels, self.filters), get(self.kernel_initializer), decay=True
        )
        self.bias = (
            self.param("bias", (self.filters,), get(self.bias_initializer))
            if self.use_bias
            else None
        )
        output_shape = (*window.output, self.filters)
        self.build_activation(output_shape)
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = activation(x * kernel + bias)."""
        bias = self.bias.value if self.bias else None
        self.kernels.conv2d_forward(
            self.before(y), x, self.kernel.value, bias, self.steps, self.margins
        )
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        if self.trainable:
            bias_grad = self.bias.grad if self.bias else None
            self.kernels.conv2d_backward_weights(
                self.kernel.grad, bias_grad, dy, x, self.steps, self.margins
            )
        if dx is not None:
            self.kernels.conv2d_backward_input(dx, dy, self.kernel.value, self.steps, self.margins)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight and output pixel, one a bias; padding is counted."""
        pixels = math.prod(output_shape[:2])
        return pixels * (2 * math.prod(self.kernel.shape) + self.use_bias * self.filters)
