"""Packing: the steps of masked sequences that count, side by side, so that a recurrence reads them.

What is read is the shortened sequence, and then zeros that nothing follows from.
"""

from collections.abc import Sequence

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.layer import Layer


class Packing:
    """Scratch of a layer on masked sequences (times, features) with states (times, units).

    With `reverse` the steps lie at the end, where a layer that goes backwards begins. A layer may
    have `count` sequences of states.
    """

    def __init__(
        self, layer: Layer, times: int, features: int, units: int, *, reverse: bool, count: int = 1
    ) -> None:
        """Declare it."""
        self._reverse = reverse
        self.steps = layer.scratch("packed steps", (times, features))
        self.states = [layer.scratch(f"packed states {k}", (times, units)) for k in range(count)]
        self.step_gradients = layer.scratch("packed step gradients", (times, features), late=True)
        self._state_gradients = [
            layer.scratch(f"packed gradients {k}", (times, units), late=True) for k in range(count)
        ]

    def pack(self, kernels: Backend, x: Array, mask: Array) -> None:
        """Write the packed steps of x."""
        kernels.pack_steps(self.steps.value, x, mask, self._reverse)

    def spread(self, kernels: Backend, states: Sequence[Array], mask: Array) -> None:
        """Write the states at every step, from the packed ones."""
        for y, packed in zip(states, self.states, strict=True):
            kernels.spread_steps(y, packed.value, mask, self._reverse)

    def gather(self, kernels: Backend, dstates: Sequence[Array], mask: Array) -> list[Array]:
        """Return the gradients of the packed states."""
        for packed, gradient in zip(self._state_gradients, dstates, strict=True):
            kernels.gather_steps(packed.value, gradient, mask, self._reverse)
        return [packed.value for packed in self._state_gradients]

    def unpack(self, kernels: Backend, dx: Array, mask: Array) -> None:
        """Write the gradient by x from that by the packed steps."""
        kernels.unpack_steps(dx, self.step_gradients.value, mask, self._reverse)
