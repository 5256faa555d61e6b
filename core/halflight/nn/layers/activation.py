"""Activations by name: the table of functions, and the bases of the layers that apply them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.checks import check, choice
from halflight.nn.layer import Layer


@dataclass(frozen=True)
class Function:
    """An activation by the name of its kernels, with their constant arguments."""

    kernel: str
    constants: tuple[float, ...] = ()
    from_input: bool = False
    """Whether the gradient follows from the input rather than from the output."""

    def forward(self, kernels: Backend, y: Array, x: Array) -> None:
        """Write y = f(x); y may be x."""
        getattr(kernels, f"{self.kernel}_forward")(y, x, *self.constants)

    def backward(self, kernels: Backend, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx = f'(x) dy; dx may be dy."""
        known = x if self.from_input else y
        getattr(kernels, f"{self.kernel}_backward")(dx, dy, known, *self.constants)


FUNCTIONS: Mapping[str, Function | None] = {
    "linear": None,
    "relu": Function("relu"),
    "relu6": Function("clipped_relu", (6.0, 0.0, 0.0), from_input=True),
    "leaky_relu": Function("leaky_relu", (0.2,)),
    "elu": Function("elu", (1.0,)),
    "selu": Function("selu"),
    "step": Function("step"),
    "hard_sigmoid": Function("hard_sigmoid"),
    "sigmoid": Function("sigmoid"),
    "tanh": Function("tanh"),
    "softsign": Function("softsign"),
    "exponential": Function("exponential"),
    "gaussian": Function("gaussian", from_input=True),
    "softplus": Function("softplus", from_input=True),
    "silu": Function("silu", from_input=True),
    "gelu": Function("gelu", from_input=True),
    "mish": Function("mish", from_input=True),
    "celu": Function("celu", (1.0,), from_input=True),
    "hard_silu": Function("hard_silu", from_input=True),
    "hard_swish": Function("hard_silu", from_input=True),
    "hard_tanh": Function("hard_tanh", from_input=True),
    "hard_shrink": Function("hard_shrink", (0.5,), from_input=True),
    "soft_shrink": Function("soft_shrink", (0.5,), from_input=True),
    "tanh_shrink": Function("tanh_shrink", from_input=True),
    "threshold": Function("threshold_at", (0.0, 0.0), from_input=True),
    "log_sigmoid": Function("log_sigmoid", from_input=True),
    "sparse_plus": Function("sparse_plus", from_input=True),
    "sparse_sigmoid": Function("sparse_sigmoid", from_input=True),
    "squareplus": Function("squareplus", (4.0,), from_input=True),
    "swish": Function("silu", from_input=True),
    "softmax": Function("softmax"),
    "log_softmax": Function("log_softmax"),
}
"""Keras's names and Keras's constants; None leaves its input as it is.

softmax and log_softmax run over the last axis, all others over single values. step and gaussian
are not in Keras: 1 where x > 0, else 0, with a gradient of zero; and exp(-x^2).
"""


class Activated(Layer):
    """Base of layers that end in an activation; their field `activation` is None or its name."""

    activation: str | None
    _before: Scratch | None = None

    def check_activation(self) -> None:
        """Raise unless the activation is None or a known one."""
        check(self, choice(*FUNCTIONS).or_none(), "activation")

    @property
    def function(self) -> Function | None:
        """The activation's kernels, or None where it is linear."""
        return FUNCTIONS[self.activation] if self.activation else None

    def build_activation(self, output_shape: Shape) -> None:
        """Keep the values before the activation where its gradient needs them."""
        if self.function and self.function.from_input:
            self._before = self.scratch("before", output_shape)

    def before(self, y: Array) -> Array:
        """Return where the values before the activation go: `y` itself if that is enough."""
        return y if self._before is None else self._before.value

    def activate(self, y: Array) -> None:
        """Apply the activation to `before(y)`."""
        if self.function:
            self.function.forward(self.kernels, y, self.before(y))

    def deactivate(self, dy: Array, y: Array) -> None:
        """Turn `dy` into the gradient of the values before the activation."""
        if self.function:
            self.function.backward(self.kernels, dy, dy, self.before(y), y)


class Elementwise(Layer):
    """Base of layers that are one function of FUNCTIONS' kind."""

    passes_mask: ClassVar[bool] = True

    function: Function | None

    def build(self, shape: Shape) -> Shape:
        """Keep the shape."""
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y = f(x)."""
        if self.function is None:
            self.kernels.copy(y, x)
        else:
            self.function.forward(self.kernels, y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx = f'(x) dy."""
        if self.function is None:
            self.kernels.copy(dx, dy)
        else:
            self.function.backward(self.kernels, dx, dy, x, y)


@dataclass(eq=False)
class Activation(Elementwise):
    """The activation of that name: "relu", "tanh", "silu", ..."""

    activation: str

    def check(self) -> None:
        """Look the activation up."""
        check(self, choice(*FUNCTIONS), "activation")
        self.function = FUNCTIONS[self.activation]
