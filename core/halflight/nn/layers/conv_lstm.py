"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: an LSTM of maps, whose products are convolutions."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, COUNT, check, choice
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layers.activation import FUNCTIONS, Function
from halflight.nn.layers.cells import ConvLSTMSteps
from halflight.nn.layers.convolving import Convolving, Padding, Sizes
from halflight.nn.layers.lstm import ForgetOnes
from halflight.nn.layers.recurring import Recurring
from halflight.nn.layers.stepwise import Stepwise
from halflight.nn.layers.window import slide
from halflight.nn.regularizers import L1L2


@dataclass(eq=False)
class ConvLSTM(Convolving, Recurring):
    """i, f, o and g of x * kernel + state before * recurrent_kernel + bias: Shi et al. 2015.

    Without peepholes, as in Keras. A sequence of images (time, ..., channels) becomes the last
    state (..., filters), or with `return_sequences` every one. The input is convolved as by a
    convolution layer of these arguments, the state with the same window, a stride of 1 and zeros
    around it. The steps run one by one. States are (..., filters); for the arguments of recurrent
    layers see `Recurring`.
    """

    filters: int
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    dilation_rate: Sizes = 1
    activation: str | None = "tanh"
    recurrent_activation: str | None = "sigmoid"
    recurrent_initializer: str | Initializer = field(default="orthogonal", kw_only=True)
    recurrent_regularizer: str | L1L2 | None = field(default=None, kw_only=True)
    recurrent_constraint: str | Constraint | None = field(default=None, kw_only=True)
    unit_forget_bias: bool = field(default=True, kw_only=True)
    return_sequences: bool = field(default=False, kw_only=True)
    go_backwards: bool = field(default=False, kw_only=True)
    dropout: float = field(default=0.0, kw_only=True)
    recurrent_dropout: float = field(default=0.0, kw_only=True)
    seed: int | None = field(default=None, kw_only=True)
    return_state: bool = field(default=False, kw_only=True, metadata=UNLESS_DEFAULT)
    stateful: bool = field(default=False, kw_only=True, metadata=UNLESS_DEFAULT)
    zero_output_for_mask: bool = field(default=False, kw_only=True, metadata=UNLESS_DEFAULT)

    gates: ClassVar[int] = 4
    state_count: ClassVar[int] = 2
    roles = ("kernel", "recurrent", "bias")

    def check(self) -> None:
        """Require positive sizes, shares, flags and known names."""
        check(self, COUNT, "filters")
        self.check_windows()
        self.padding = self.margins()
        self.check_weights()
        check(self, choice(*FUNCTIONS).or_none(), "recurrent_activation")
        check(self, BOOLEAN, "unit_forget_bias")
        self.check_recurring()

    def build_step(self, sequence: Shape) -> Shape:
        """Declare kernel (*kernel_size, channels, 4 filters), recurrent_kernel and bias."""
        if len(sequence) != self.axes + 2:
            axes = ("length", "height, width", "depth, height, width")[self.axes - 1]
            raise self.error(f"needs a sequence of images (time, {axes}, channels)", sequence)
        self._image = tuple(sequence[1:])
        output, channels = self.slide(self._image)
        size, width = self.lengths("kernel_size"), 4 * self.filters
        self.kernel = self.build_kernel("kernel", (*size, channels, width))
        self.recurrent_kernel = self.build_weight(
            "recurrent", "recurrent_kernel", (*size, self.filters, width), decay=True
        )
        self.build_bias(width)
        if self.bias and self.unit_forget_bias:
            self.bias.initializer = ForgetOnes(get_initializer(self.bias_initializer))
        window = slide(self, output, size, (1,) * self.axes, "same")
        one = (1,) * max(self.axes, 2)
        self.recurrent_geometry = (one, (0, *window.padding)[-len(one) :], one)
        self._maps = (*output, self.filters)
        self.units = math.prod(self._maps)
        return self._maps

    @property
    def is_fused(self) -> bool:
        """No kernel runs whole sequences of images."""
        return False

    def stepwise(self) -> tuple[Callable[..., Stepwise], list[Function | None]]:
        """Return the steps, and the activations of i, f, g, o."""
        gate = FUNCTIONS[self.recurrent_activation] if self.recurrent_activation else None
        return partial(ConvLSTMSteps, maps=self._maps), [gate, gate, self.function, gate]

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Write all states or the last one; then, as rows, those it ends in."""
        super().forward(self._vectors(y), self._given(x), training)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Go through the steps in the opposite order, and back through the projection."""
        super().backward(self._given(dx), self._vectors(dy), self._given(x), self._vectors(y))

    def project(self, projected: Array, x: Array, bias: Array) -> None:
        """Write projected (batch, time, 4 units) = x * kernel + bias, which may be None."""
        images = (self._gate_maps(projected), self._images_in(x), self.kernel.value)
        self._convolve("forward", *images, bias, geometry=self.geometry)

    def unproject(self, dx: Array, dprojected: Array, x: Array, bias_grad: Array) -> None:
        """Write dx, unless it is None; add to the gradients of kernel and bias."""
        gradients = self._gate_maps(dprojected)
        if self.trainable:
            weights = (self.kernel.grad, bias_grad, gradients, self._images_in(x))
            self._convolve("backward_weights", *weights, geometry=self.geometry)
        if dx is not None:
            images = (self._images_in(dx), gradients, self.kernel.value)
            self._convolve("backward_input", *images, geometry=self.geometry)

    def convolve(self, what: str, *arrays: Array) -> None:
        """Run a kernel of convolutions on maps of states."""
        self._convolve(what, *arrays, geometry=self.recurrent_geometry)

    def _convolve(self, what: str, *arrays: Array, geometry: Any) -> None:
        """Run a kernel; its first arrays are maps or weights, as the kernel's name says."""
        taps = {"forward": 2, "backward_input": 2, "backward_weights": 0}[what]
        given = [
            self.taps(a) if i == taps else self.images(a) if a is not None and a.ndim > 1 else a
            for i, a in enumerate(arrays)
        ]
        getattr(self.kernels, f"conv{max(self.axes, 2)}d_{what}")(*given, *geometry, 1)

    def _vectors(self, array: Array) -> Array:
        """States, alone or one after the other, as vectors: a view."""
        return array.reshape((*array.shape[: array.ndim - len(self._maps)], self.units))

    def _given(self, x: Any) -> Any:
        """A view of what the layer reads as vectors: the sequence, the states, the mask."""
        if not isinstance(x, list):
            return None if x is None else _flat(x)
        sequence, *states = x
        mask = [states.pop()] if self.masked else []
        states = [None if state is None else self._vectors(state) for state in states]
        return [None if sequence is None else _flat(sequence), *states, *mask]

    def _images_in(self, x: Array) -> Array:
        """All steps of all samples as images."""
        return x.reshape((-1, *self._image))

    def _gate_maps(self, projected: Array) -> Array:
        """The same of what the gates are projected from."""
        return projected.reshape((-1, *self._maps[:-1], 4 * self.filters))

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Two operations a weight, output pixel and step, one a bias; padding is counted."""
        shape = shape[0] if isinstance(shape, list) else shape
        kernels = math.prod(self.kernel.shape) + math.prod(self.recurrent_kernel.shape)
        pixels = math.prod(output_shape[-1 - self.axes : -1])
        return shape[0] * pixels * (2 * kernels + self.use_bias * 4 * self.filters)


@dataclass(eq=False)
class ConvLSTM1D(ConvLSTM):
    """On sequences of sequences (time, length, channels)."""

    axes: ClassVar[int] = 1


@dataclass(eq=False)
class ConvLSTM2D(ConvLSTM):
    """On sequences of images (time, height, width, channels)."""

    axes: ClassVar[int] = 2


@dataclass(eq=False)
class ConvLSTM3D(ConvLSTM):
    """On sequences of volumes (time, depth, height, width, channels)."""

    axes: ClassVar[int] = 3


def _flat(array: Array) -> Array:
    """A view of (samples, time, ...) as (samples, time, values)."""
    return array.reshape((array.shape[0], array.shape[1], -1))
