"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: an LSTM of maps, whose products are convolutions."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.checks import BOOLEAN, COUNT, FRACTION, SEED, check, choice
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layers.activation import FUNCTIONS
from halflight.nn.layers.cells import ConvLSTMSteps
from halflight.nn.layers.convolving import Convolving, Padding, Sizes
from halflight.nn.layers.lstm import ForgetOnes
from halflight.nn.layers.weighted import Weighted
from halflight.nn.layers.window import slide
from halflight.nn.regularizers import L1L2


@dataclass(eq=False)
class ConvLSTM(Convolving, Weighted):
    """i, f, o and g of x * kernel + state before * recurrent_kernel + bias: Shi et al. 2015.

    Without peepholes, as in Keras. A sequence of images (time, ..., channels) becomes the last
    state (..., filters), or with `return_sequences` every one. The input is convolved as by a
    convolution layer of these arguments, the state with the same window, a stride of 1 and zeros
    around it. The steps run one by one. `dropout` and `recurrent_dropout` are one choice a sample
    for all steps.
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

    roles = ("kernel", "recurrent", "bias")

    def check(self) -> None:
        """Require positive sizes, shares, flags and known names."""
        check(self, COUNT, "filters")
        self.check_windows()
        self.padding = self.margins()
        self.check_weights()
        check(self, choice(*FUNCTIONS).or_none(), "recurrent_activation")
        for flag in ("unit_forget_bias", "return_sequences", "go_backwards"):
            check(self, BOOLEAN, flag)
        check(self, FRACTION, "dropout")
        check(self, FRACTION, "recurrent_dropout")
        check(self, SEED.or_none(), "seed")

    def build(self, shape: Shape) -> Shape:
        """Declare kernel (*kernel_size, channels, 4 filters), recurrent_kernel and bias."""
        if len(shape) != self.axes + 2:
            axes = ("length", "height, width", "depth, height, width")[self.axes - 1]
            raise self.error(f"needs a sequence of images (time, {axes}, channels)", shape)
        times, *image = shape
        output, channels = self.slide(tuple(image))
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
        self._image, self._maps = tuple(image), (*output, self.filters)
        units = math.prod(self._maps)
        gate = FUNCTIONS[self.recurrent_activation] if self.recurrent_activation else None
        functions = [gate, gate, self.function, gate]
        self.steps = ConvLSTMSteps(
            self, (times, 4, units), functions, reverse=self.go_backwards, maps=self._maps
        )
        self.projected = self.scratch("projected", (times, 4 * units))
        self.states = self.scratch("states", (times, units))
        self.gradients = self.scratch("dstates", (times, units), late=True)
        self.thinned: Scratch | None = None
        if self.dropout:
            self.thinned = self.scratch("thinned", shape)
            self.thinned_gradients = self.scratch("thinned gradients", shape, late=True)
        self.kept = self.scratch("kept", (units,)) if self.recurrent_dropout else None
        return (times, *self._maps) if self.return_sequences else self._maps

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Project all steps, run through them, and write all states or the last one."""
        k, (seed, step) = self.kernels, self._random
        if self.thinned is not None and training:
            thinned = self.thinned.value
            k.spatial_dropout_forward(_flat(thinned), _flat(x), self.dropout, seed, step)
            x = thinned
        kept = None
        if self.kept is not None and training:
            kept = self.kept.value
            k.fill(kept, 1.0)
            k.dropout_forward(kept, kept, self.recurrent_dropout, seed ^ 2, step)
        projected, states = self.projected.value, self.states.value
        images = (self._gate_maps(projected), self._images_in(x), self.kernel.value)
        self._convolve("forward", *images, self.bias_value, geometry=self.geometry)
        self.steps.forward([states], projected, self.recurrent_kernel.value, [], kept)
        if not self.return_sequences:
            k.take_time(y.reshape((y.shape[0], -1)), states, self._last)
        elif self.go_backwards:
            k.reverse_time(_flat(y), states)
        else:
            k.copy(_flat(y), states)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Go through the steps in the opposite order, and back through the projection."""
        k, dstates, projected = self.kernels, self.gradients.value, self.projected.value
        if not self.return_sequences:
            k.put_time(dstates, dy.reshape((dy.shape[0], -1)), self._last)
        elif self.go_backwards:
            k.reverse_time(dstates, _flat(dy))
        else:
            k.copy(dstates, _flat(dy))
        dw = self.recurrent_kernel.grad if self.trainable else None
        kept = None if self.kept is None else self.kept.value
        self.steps.backward(projected, dw, [dstates], [], kept)
        slopes = dx
        if self.thinned is not None:
            x, slopes = self.thinned.value, None if dx is None else self.thinned_gradients.value
        gradients = self._gate_maps(projected)
        if self.trainable:
            weights = (self.kernel.grad, self.bias_grad, gradients, self._images_in(x))
            self._convolve("backward_weights", *weights, geometry=self.geometry)
        if dx is not None:
            images = (self._images_in(slopes), gradients, self.kernel.value)
            self._convolve("backward_input", *images, geometry=self.geometry)
        if self.thinned is not None and dx is not None:
            k.spatial_dropout_backward(_flat(dx), _flat(slopes), self.dropout, *self._random)

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

    @property
    def _last(self) -> int:
        """The step that is read last."""
        return 0 if self.go_backwards else int(self.states.value.shape[1]) - 1

    @property
    def _random(self) -> tuple[int, int]:
        return (self.stream if self.seed is None else self.seed), self.step

    def _images_in(self, x: Array) -> Array:
        """All steps of all samples as images."""
        return x.reshape((-1, *self._image))

    def _gate_maps(self, projected: Array) -> Array:
        """The same of what the gates are projected from."""
        return projected.reshape((-1, *self._maps[:-1], 4 * self.filters))

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a weight, output pixel and step, one a bias; padding is counted."""
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
