"""SimpleRNN: the state feeds back through one matrix."""

from dataclasses import dataclass

from halflight.nn.arrays import Array
from halflight.nn.layers.activation import Function
from halflight.nn.layers.cells import SimpleSteps
from halflight.nn.layers.recurrent import Recurrent

_FUSED = ("linear", "relu", "sigmoid", "tanh", None)


@dataclass(eq=False)
class SimpleRNN(Recurrent):
    """state = activation(x @ kernel + state before @ recurrent_kernel + bias): Elman 1990.

    With the activations "tanh", "relu", "sigmoid", "linear" or None (linear) a kernel of the back
    end runs whole sequences; with all others the steps run one by one, slower.
    """

    units: int
    activation: str | None = "tanh"

    def check(self) -> None:
        """Require a known activation."""
        self.check_recurrence()

    @property
    def is_fused(self) -> bool:
        """Whether the kernel of whole sequences knows the activation."""
        return self.activation in _FUSED

    def stepwise(self) -> tuple[type[SimpleSteps], list[Function | None]]:
        """Return the steps, and the activation."""
        return SimpleSteps, [self.function]

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
