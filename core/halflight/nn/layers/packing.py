"""Packing: the steps of masked sequences that count, side by side, so that a recurrence reads them.

What is read is the shortened sequence, and then zeros that nothing follows from.
"""

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.layer import Layer


class Packing:
    """Scratch of a layer on masked sequences (times, features) with states (times, units).

    With `reverse` the steps lie at the end, where a layer that goes backwards begins.
    """

    def __init__(
        self, layer: Layer, times: int, features: int, units: int, *, reverse: bool
    ) -> None:
        """Declare it."""
        self._reverse = reverse
        self.steps = layer.scratch("packed steps", (times, features))
        self.states = layer.scratch("packed states", (times, units))
        self.step_gradients = layer.scratch("packed step gradients", (times, features), late=True)
        self._state_gradients = layer.scratch("packed gradients", (times, units), late=True)

    def pack(self, kernels: Backend, x: Array, mask: Array) -> None:
        """Write the packed steps of x."""
        kernels.pack_steps(self.steps.value, x, mask, self._reverse)

    def spread(self, kernels: Backend, states: Array, mask: Array) -> None:
        """Write the states at every step, from the packed ones."""
        kernels.spread_steps(states, self.states.value, mask, self._reverse)

    def gather(self, kernels: Backend, dstates: Array, mask: Array) -> Array:
        """Return the gradients of the packed states."""
        kernels.gather_steps(self._state_gradients.value, dstates, mask, self._reverse)
        return self._state_gradients.value

    def unpack(self, kernels: Backend, dx: Array, mask: Array) -> None:
        """Write the gradient by x from that by the packed steps."""
        kernels.unpack_steps(dx, self.step_gradients.value, mask, self._reverse)
