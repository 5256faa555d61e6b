"""Gated: the base of LSTM and GRU, whose gates let through what the activation squashes."""

from dataclasses import dataclass

from halflight.nn.checks import check, choice
from halflight.nn.layers.activation import FUNCTIONS, Function
from halflight.nn.layers.recurrent import Recurrent


@dataclass(eq=False)
class Gated(Recurrent):
    """A recurrent layer whose gates have an activation of their own.

    With Keras's defaults a kernel of the back end runs whole sequences; with other activations, of
    all that `Activation` knows, the steps run one by one, slower.
    """

    units: int
    activation: str | None = "tanh"
    recurrent_activation: str | None = "sigmoid"

    def check_gates(self) -> None:
        """Require known activations."""
        self.check_recurrence()
        check(self, choice(*FUNCTIONS).or_none(), "recurrent_activation")

    @property
    def is_fused(self) -> bool:
        """Whether the activations are Keras's defaults, which the kernels know."""
        return (self.activation, self.recurrent_activation) == ("tanh", "sigmoid")

    @property
    def gate_function(self) -> Function | None:
        """The activation of the gates."""
        return FUNCTIONS[self.recurrent_activation] if self.recurrent_activation else None

    def build_states(self, times: int) -> None:
        """Keep the projected inputs, which become the activated gates, then their gradients."""
        self.activated = self.scratch("gates", (times, self.gates * self.units))
