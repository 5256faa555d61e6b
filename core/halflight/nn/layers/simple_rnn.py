"""SimpleRNN: the state feeds back through one matrix."""

from dataclasses import dataclass

from halflight.nn.arrays import Array
from halflight.nn.checks import check, choice
from halflight.nn.layers.recurrent import Recurrent

_ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh")


@dataclass(eq=False)
class SimpleRNN(Recurrent):
    """state = activation(x @ kernel + state before @ recurrent_kernel + bias): Elman 1990.

    The activation is "tanh", "relu", "sigmoid", "linear" or None (linear).
    """

    units: int
    activation: str | None = "tanh"

    def check(self) -> None:
        """Require a known activation."""
        self.check_recurrence()
        check(self, choice(*_ACTIVATIONS).or_none(), "activation")

    def recur(self, states: Array, x: Array) -> None:
        """Write the states over the projected inputs."""
        self.project(states, x, self.bias_value)
        self.kernels.simple_rnn_forward(
            states, self.recurrent_kernel.value, self.activation or "linear", self.go_backwards
        )

    def unroll(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Turn the states' gradients into those of the projected inputs."""
        self.kernels.simple_rnn_backward(
            dstates,
            self.recurrent_grad,
            states,
            self.recurrent_kernel.value,
            self.activation or "linear",
            self.go_backwards,
        )
        self.unproject(dx, dstates, x, self.bias_grad)
