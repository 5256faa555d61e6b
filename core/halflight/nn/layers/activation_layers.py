"""Activations as layers of their own, a class each."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, NOT_NEGATIVE, check
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.layer import Layer
from halflight.nn.layers.activation import FUNCTIONS, Elementwise, Function
from halflight.nn.layers.axes import AXES, Trailing
from halflight.nn.layers.weighted import look_up, weight_of
from halflight.nn.regularizers import L1L2


@dataclass(eq=False)
class Linear(Elementwise):
    """x itself."""

    function = FUNCTIONS["linear"]


@dataclass(eq=False)
class Identity(Elementwise):
    """x itself, by Keras's name."""

    function = FUNCTIONS["linear"]


@dataclass(eq=False)
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x))."""

    function = FUNCTIONS["sigmoid"]


@dataclass(eq=False)
class Tanh(Elementwise):
    """The hyperbolic tangent of x."""

    function = FUNCTIONS["tanh"]


@dataclass(eq=False)
class Gaussian(Elementwise):
    """exp(-x^2)."""

    function = FUNCTIONS["gaussian"]


@dataclass(eq=False)
class SELU(Elementwise):
    """1.0507 x where positive, 1.7581 (exp(x) - 1) elsewhere: Klambauer et al. 2017, eq. 2."""

    function = FUNCTIONS["selu"]


@dataclass(eq=False)
class SiLU(Elementwise):
    """x sigmoid(x): Elfwing et al. 2018, eq. 6."""

    function = FUNCTIONS["silu"]


@dataclass(eq=False)
class Softplus(Elementwise):
    """log(1 + exp(x))."""

    function = FUNCTIONS["softplus"]


@dataclass(eq=False)
class Step(Elementwise):
    """1 where x > 0, else 0; its gradient is zero, so nothing below it learns."""

    function = FUNCTIONS["step"]


@dataclass(eq=False)
class Softmax(Layer):
    """exp(x) over its sum along an axis, or several together; the batch is axis 0."""

    passes_mask: ClassVar[bool] = True

    axis: int | tuple[int, ...] = -1

    def check(self) -> None:
        """Require integers."""
        check(self, AXES, "axis")

    def build(self, shape: Shape) -> Shape:
        """Find the axes."""
        self.trailing = Trailing(self, shape, self.axis)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y."""
        rows = self.trailing.input(self.kernels, x)
        self.kernels.softmax_forward(self.trailing.output(y), rows)
        self.trailing.finish(self.kernels, y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx."""
        rows = self.trailing.gradient(self.kernels, dy)
        self.kernels.softmax_backward(
            self.trailing.input_gradient(dx), rows, self.trailing.output(y)
        )
        self.trailing.give(self.kernels, dx)


@dataclass(eq=False)
class GELU(Elementwise):
    """x P(normal < x), or its approximation by tanh: Hendrycks & Gimpel 2016, section 2."""

    approximate: bool = False

    def check(self) -> None:
        """Choose the kernel."""
        check(self, BOOLEAN, "approximate")
        self.function = Function("gelu_tanh" if self.approximate else "gelu", from_input=True)


@dataclass(eq=False)
class ReLU(Elementwise):
    """max(x, 0), with Keras's variations.

    max_value from there on (None: no limit), x above threshold to there, and up to it
    negative_slope * (x - threshold).
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def check(self) -> None:
        """Require finite numbers of at least 0, and choose the plain kernel if it will do."""
        check(self, NOT_NEGATIVE.or_none(), "max_value")
        check(self, NOT_NEGATIVE, "negative_slope", "threshold")
        limit = math.inf if self.max_value is None else self.max_value
        constants = (limit, self.negative_slope, self.threshold)
        plain = constants == (math.inf, 0.0, 0.0)
        self.function = (
            FUNCTIONS["relu"] if plain else Function("clipped_relu", constants, from_input=True)
        )


@dataclass(eq=False)
class LeakyReLU(Elementwise):
    """x where positive, negative_slope * x elsewhere."""

    negative_slope: float = 0.3

    def check(self) -> None:
        """Require a slope of 0 (which is ReLU) or more."""
        check(self, NOT_NEGATIVE, "negative_slope")
        self.function = Function("leaky_relu", (self.negative_slope,))


@dataclass(eq=False)
class ELU(Elementwise):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    alpha: float = 1.0

    def check(self) -> None:
        """Require an alpha of 0 (which is ReLU) or more."""
        check(self, NOT_NEGATIVE, "alpha")
        self.function = Function("elu", (self.alpha,))


@dataclass(eq=False)
class PReLU(Layer):
    """x where positive, alpha * x elsewhere, with a learnt alpha: He et al. 2015, eq. 1.

    alpha has the shape of one input sample. Along shared_axes (counted from 1, the batch being 0)
    it has one value for all: (1, 2) gives an image one slope a channel. The shared axes come first.
    """

    passes_mask: ClassVar[bool] = True

    alpha_initializer: str | Initializer = "zeros"
    shared_axes: tuple[int, ...] | None = None
    _: KW_ONLY
    alpha_regularizer: str | L1L2 | None = None
    alpha_constraint: str | Constraint | None = None

    def check(self) -> None:
        """Require axes from 1 on without a gap."""
        look_up(self, "alpha")
        if self.shared_axes is not None:
            if not isinstance(self.shared_axes, tuple | list):
                raise self.error("shared_axes must be None or a list", self.shared_axes)
            self.shared_axes = tuple(self.shared_axes)
            if self.shared_axes != tuple(range(1, len(self.shared_axes) + 1)):
                raise self.error("shared_axes must be 1, 2, ... without a gap", self.shared_axes)

    def build(self, shape: Shape) -> Shape:
        """Declare alpha."""
        shared = len(self.shared_axes or ())
        if shared > len(shape):
            raise self.error(f"shared_axes must be axes of the input {shape}", self.shared_axes)
        alpha_shape = (1,) * shared + tuple(shape[shared:])
        self.alpha = weight_of(self, "alpha", "alpha", alpha_shape)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y."""
        alpha = self.alpha.value.reshape(-1)
        rows = (-1, math.prod(self.alpha.shape))
        self.kernels.prelu_forward(y.reshape(rows), x.reshape(rows), alpha)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx (over dy where nobody needs it); add to the gradient of alpha."""
        rows = (-1, math.prod(self.alpha.shape))
        dalpha = self.alpha.grad.reshape(-1) if self.trainable else None
        target = (dy if dx is None else dx).reshape(rows)
        self.kernels.prelu_backward(
            target, dalpha, dy.reshape(rows), x.reshape(rows), self.alpha.value.reshape(-1)
        )
