"""LSTM: a cell that a step can keep, forget and reveal."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Array
from halflight.nn.checks import BOOLEAN, check
from halflight.nn.initializers import Initializer
from halflight.nn.layers.activation import Function
from halflight.nn.layers.cells import LSTMSteps
from halflight.nn.layers.gated import Gated


@dataclass(frozen=True)
class ForgetOnes(Initializer):
    """A bias (4 * units,) whose second quarter, the forget gate's, is one: Gers et al. 2000."""

    others: Initializer

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the draw of `others` with ones in the second quarter."""
        values = self.others(shape, rng)
        units = shape[0] // 4
        values[units : 2 * units] = 1.0
        return values


@dataclass(eq=False)
class LSTM(Gated):
    """i, f, o = sigmoid and g = tanh of (x @ kernel + state before @ recurrent_kernel + bias).

    cell = f * cell before + i * g, and state = o * tanh(cell): Hochreiter & Schmidhuber 1997 with
    the forget gate of Gers et al. 2000. The weights hold i, f, g, o side by side, as in Keras.
    `unit_forget_bias` starts the forget gate's bias at one, so that a new cell remembers.
    """

    unit_forget_bias: bool = field(default=True, kw_only=True)

    gates: ClassVar[int] = 4
    state_count: ClassVar[int] = 2

    def check(self) -> None:
        """Require known activations and a true or false unit_forget_bias."""
        self.check_gates()
        check(self, BOOLEAN, "unit_forget_bias")

    def bias_initial(self) -> Initializer:
        """Return the bias's initializer, with ones for the forget gate."""
        others = super().bias_initial()
        return ForgetOnes(others) if self.unit_forget_bias else others

    def stepwise(self) -> tuple[type[LSTMSteps], list[Function | None]]:
        """Return the steps, and the activations of i, f, g, o."""
        gate = self.gate_function
        return LSTMSteps, [gate, gate, self.function, gate]

    def build_states(self, times: int) -> None:
        """Keep gates and cells."""
        super().build_states(times)
        self.cells = self.scratch("cells", (times, self.units))

    def recur(self, states: Array, x: Array) -> None:
        """Project, then run through the steps."""
        gates = self.activated.value
        self.project(gates, x, self.bias_value)
        self.kernels.lstm_forward(
            states,
            self.cells.value,
            gates,
            self.recurrent_kernel.value,
            self.go_backwards,
        )

    def unroll(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Turn the gates into the gradients of the projected inputs."""
        gates = self.activated.value
        self.kernels.lstm_backward(
            gates,
            self.recurrent_grad,
            dstates,
            states,
            self.cells.value,
            self.recurrent_kernel.value,
            self.go_backwards,
        )
        self.unproject(dx, gates, x, self.bias_grad)
