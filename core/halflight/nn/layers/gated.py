"""Gated: the base of LSTM and GRU, whose sigmoid gates let through and whose tanh squashes."""

from dataclasses import dataclass

from halflight.nn.layers.recurrent import Recurrent


@dataclass(eq=False)
class Gated(Recurrent):
    """A recurrent layer with Keras's default activations, the only ones its kernels know."""

    units: int
    activation: str | None = "tanh"
    recurrent_activation: str | None = "sigmoid"

    def check_gates(self) -> None:
        """Require the two activations."""
        self.check_recurrence()
        for argument, only in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
            if getattr(self, argument) != only:
                raise self.error(f'{argument} must be "{only}"', getattr(self, argument))

    def build_states(self, times: int) -> None:
        """Keep the projected inputs, which become the activated gates, then their gradients."""
        self.activated = self.scratch("gates", (times, self.gates * self.units))
