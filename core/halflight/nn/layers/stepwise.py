"""Stepwise: a recurrence one step after the other, out of the simple kernels of a back end.

The kernels that run whole sequences know Keras's defaults. What they do not know runs here: states
to begin with, recurrent dropout, other activations. Every number is a kernel's, so that each back
end has it; the steps are Python's, which costs some 20 microseconds a kernel.
"""

from collections.abc import Sequence

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.layer import Layer
from halflight.nn.layers.activation import Function

_IN, _OUT = (1, 2, 0, 3), (2, 0, 1, 3)  # (n, t, parts, u) -> (t, parts, n, u), and back


class Series:
    """Scratch of arrays (samples, units), each contiguous: one for every step and part."""

    def __init__(
        self, layer: Layer, name: str, shape: tuple[int, int, int], *, late: bool = False
    ) -> None:
        """Declare it, for shape (times, parts, units)."""
        self._shape = shape
        self._scratch = layer.scratch(name, (shape[0] * shape[1] * shape[2],), late=late)

    def at(self, time: int, part: int = 0) -> Array:
        """Return the array (samples, units) of one step and part."""
        return self._whole()[time][part]

    def read(self, kernels: Backend, x: Array) -> None:
        """Take all over from x (samples, times, parts * units)."""
        times, parts, units = self._shape
        kernels.permute(self._whole(), x.reshape((x.shape[0], times, parts, units)), _IN)

    def write(self, kernels: Backend, y: Array) -> None:
        """Copy all to y (samples, times, parts * units)."""
        times, parts, units = self._shape
        kernels.permute(y.reshape((y.shape[0], times, parts, units)), self._whole(), _OUT)

    def _whole(self) -> Array:
        times, parts, units = self._shape
        value = self._scratch.value
        return value.reshape((times, parts, value.shape[0], units))


class Stepwise:
    """The steps of a layer with `gates` vectors of `units` values, and one state or two.

    A subclass says what one step does. `functions` are the activations of the gates.
    """

    states: int = 1

    def __init__(
        self,
        layer: Layer,
        shape: tuple[int, int, int],
        functions: Sequence[Function | None],
        *,
        reverse: bool,
    ) -> None:
        """Declare the memory, for shape (times, gates, units)."""
        self._layer, self._shape, self._functions = layer, shape, functions
        times, gates, units = shape
        one = (times, 1, units)
        order = list(range(times))[:: -1 if reverse else 1]
        self._order = list(zip([None, *order[:-1]], order, strict=True))
        """The step before, and the step."""
        self.before = Series(layer, "before activation", shape)
        self.gates = Series(layer, "activated", shape)
        self.entering = Series(layer, "entering", one)
        self.series = [Series(layer, f"state {k}", one) for k in range(self.states)]
        self.slopes = Series(layer, "slopes before activation", shape, late=True)
        self._later = [Series(layer, f"later {k}", one, late=True) for k in range(self.states)]
        self._entered = layer.scratch("entered", (times, units), late=True)
        self._weights = layer.scratch("recurrent kernels", (gates, units, units), per_sample=False)
        self._zeros = layer.scratch("no state", (units,))
        self._room = layer.scratch("room", (units,))
        self._running = [
            layer.scratch(f"running {k}", (units,), late=True) for k in range(self.states)
        ]
        self._share = layer.scratch("share", (units,), late=True)

    # What a subclass writes.

    def step(self, time: int, before: Sequence[Array]) -> None:
        """Write the states of a step, from those before it."""
        raise NotImplementedError

    def unstep(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> None:
        """Write the gates' slopes; `running`, the states' gradients, become those before it."""
        raise NotImplementedError

    def add_weight_gradients(self, dw: Array, dprojected: Array, entered: Array) -> None:
        """Add to dw (units, gates * units), for the products of what entered with the kernel."""
        self.kernels.dense_backward_weights(dw, None, rows(dprojected), rows(entered))

    # What all share.

    @property
    def kernels(self) -> Backend:
        """The back end."""
        return self._layer.kernels

    @property
    def room(self) -> Array:
        """An array (samples, units) for what lies between two kernels."""
        return self._room.value

    def weights(self, gate: int) -> Array:
        """Return the part (units, units) of the recurrent kernel that is a gate's."""
        return self._weights.value[gate]

    def forward(
        self,
        states: Sequence[Array],
        projected: Array,
        recurrent: Array,
        initial: Sequence[Array],
        kept: Array,
    ) -> None:
        """Write each of the states (samples, times, units).

        projected (samples, times, gates * units); recurrent (units, gates * units); the states to
        begin with (samples, units), or none; kept (samples, units) multiplies the state that enters
        the products, and may be None.
        """
        _, gates, units = self._shape
        self.kernels.permute(
            self._weights.value, recurrent.reshape((units, gates, units)), (1, 0, 2)
        )
        self.before.read(self.kernels, projected)
        self.kernels.fill(self._zeros.value, 0.0)
        for earlier, time in self._order:
            before = self._states_at(earlier, initial)
            if kept is None:
                self.kernels.copy(self.entering.at(time), before[0])
            else:
                self.kernels.multiply_forward(self.entering.at(time), before[0], kept)
            self.step(time, before)
        for y, series in zip(states, self.series, strict=False):
            series.write(self.kernels, y)

    def backward(
        self,
        dprojected: Array,
        dw: Array,
        dstates: Sequence[Array],
        initial: Sequence[Array],
        kept: Array,
    ) -> list[Array]:
        """Write dprojected, add to dw unless it is None; return the initial states' gradients."""
        for later, gradient in zip(self._later, dstates, strict=False):
            later.read(self.kernels, gradient)
        self._kept = kept
        running = [scratch.value for scratch in self._running]
        for total in running:
            self.kernels.fill(total, 0.0)
        for earlier, time in reversed(self._order):
            for total, later in zip(running, self._later[: len(dstates)], strict=False):
                self.kernels.accumulate(total, later.at(time))
            self.unstep(time, self._states_at(earlier, initial), running)
        self.slopes.write(self.kernels, dprojected)
        if dw is not None:
            self.entering.write(self.kernels, self._entered.value)
            self.add_weight_gradients(dw, dprojected, self._entered.value)
        return running

    def _states_at(self, time: int | None, initial: Sequence[Array]) -> list[Array]:
        if time is not None:
            return [series.at(time) for series in self.series]
        return list(initial) or [self._zeros.value] * self.states

    def open(self, gate: int, time: int, entering: Array, bias: Array = None) -> None:
        """Add what enters, times a gate's weights, to its projection, and apply its activation."""
        self.kernels.dense_forward(self.room, entering, self.weights(gate), bias)
        self.kernels.accumulate(self.before.at(time, gate), self.room)
        self.activate(gate, time)

    def activate(self, gate: int, time: int) -> None:
        """Apply a gate's activation."""
        apply(
            self.kernels,
            self._functions[gate],
            self.gates.at(time, gate),
            self.before.at(time, gate),
        )

    def slope(self, gate: int, time: int, dy: Array) -> None:
        """Write the gradient before a gate's activation, from dy behind it."""
        unapply(
            self.kernels,
            self._functions[gate],
            self.slopes.at(time, gate),
            dy,
            self.before.at(time, gate),
            self.gates.at(time, gate),
        )

    def leave(self, dstate: Array, shares: Sequence[tuple[int, Array]]) -> None:
        """Write dstate = the sum of slopes times a gate's weights, as far as the state entered."""
        for number, (gate, slope) in enumerate(shares):
            target = self._share.value if number else dstate
            self.kernels.dense_backward_input(target, slope, self.weights(gate))
            if number:
                self.kernels.accumulate(dstate, target)
        self.drop(dstate)

    def drop(self, gradient: Array) -> None:
        """Leave out the gradient of what recurrent dropout left out."""
        if self._kept is not None:
            self.kernels.multiply_forward(gradient, gradient, self._kept)


def rows(array: Array) -> Array:
    """A view of (samples, times, values) as (samples * times, values)."""
    return array.reshape((-1, array.shape[-1]))


def apply(kernels: Backend, function: Function | None, y: Array, x: Array) -> None:
    """Write y = f(x)."""
    if function is None:
        kernels.copy(y, x)
    else:
        function.forward(kernels, y, x)


def unapply(
    kernels: Backend, function: Function | None, dx: Array, dy: Array, x: Array, y: Array
) -> None:
    """Write dx = f'(x) dy."""
    if function is None:
        kernels.copy(dx, dy)
    else:
        function.backward(kernels, dx, dy, x, y)
