"""GRU: a state that a step replaces in part."""

from dataclasses import dataclass, field
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, check
from halflight.nn.layers.activation import Function
from halflight.nn.layers.cells import GRUResetBeforeSteps, GRUSteps
from halflight.nn.layers.gated import Gated
from halflight.nn.layers.stepwise import Stepwise


@dataclass(eq=False)
class GRU(Gated):
    """state = z * state before + (1 - z) * h, with gates z and r, and candidate h: Cho et al. 2014.

    The weights hold z, r, h side by side, as in Keras. With `reset_after`, Keras's default, r
    multiplies the candidate's product with the recurrent kernel, and the bias is (2, 3 * units):
    one for the input, one for that product. Without, r multiplies the state before the product, as
    first published, and the bias is (3 * units,).
    """

    reset_after: bool = field(default=True, kw_only=True)

    gates: ClassVar[int] = 3

    def check(self) -> None:
        """Require known activations and a true or false reset_after."""
        self.check_gates()
        check(self, BOOLEAN, "reset_after")

    def bias_shape(self) -> Shape:
        """Return (2, 3 * units) or (3 * units,)."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def projected_bias(self) -> Array:
        """The first bias, which is that of the projected inputs, or None."""
        return self.bias.value[0] if self.bias and self.reset_after else self.bias_value

    @property
    def projected_bias_grad(self) -> Array:
        """Its gradient, or None."""
        return self.bias.grad[0] if self.bias and self.reset_after else self.bias_grad

    def stepwise(self) -> tuple[type[Stepwise], list[Function | None]]:
        """Return the steps, and the activations of z, r, h."""
        gate = self.gate_function
        return GRUSteps if self.reset_after else GRUResetBeforeSteps, [gate, gate, self.function]

    def build_states(self, times: int) -> None:
        """Keep gates and, where r multiplies it, the product."""
        super().build_states(times)
        if self.reset_after:
            self.inner = self.scratch("inner", (times, self.units))

    def recur(self, states: Array, x: Array) -> None:
        """Project, then run through the steps."""
        gates, recurrent = self.activated.value, self.recurrent_kernel.value
        if self.reset_after:
            self.project(gates, x, None)
            self.kernels.gru_forward(
                states,
                self.inner.value,
                gates,
                recurrent,
                self.bias_value,
                self.go_backwards,
            )
        else:
            self.project(gates, x, self.bias_value)
            self.kernels.gru_reset_before_forward(states, gates, recurrent, self.go_backwards)

    def unroll(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Turn the gates into the gradients of the projected inputs."""
        gates, recurrent = self.activated.value, self.recurrent_kernel.value
        if self.reset_after:
            self.kernels.gru_backward(
                gates,
                self.recurrent_grad,
                self.bias_grad if self.trainable else None,
                dstates,
                states,
                self.inner.value,
                recurrent,
                self.go_backwards,
            )
            self.unproject(dx, gates, x, None)
        else:
            self.kernels.gru_reset_before_backward(
                gates,
                self.recurrent_grad,
                dstates,
                states,
                recurrent,
                self.go_backwards,
            )
            self.unproject(dx, gates, x, self.bias_grad)
