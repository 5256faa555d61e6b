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

# (samples, times, places, parts, values) -> (times, parts, samples, places, values), and back.
_IN, _OUT = (1, 3, 0, 2, 4), (2, 0, 3, 1, 4)


class Series:
    """Scratch of arrays (samples, units), each contiguous: one for every step and part."""

    def __init__(
        self,
        layer: Layer,
        name: str,
        shape: tuple[int, int, int],
        places: int = 1,
        *,
        late: bool = False,
    ) -> None:
        """Declare it, for shape (times, parts, units); units are `places` times values."""
        self._shape, self._places = shape, places
        self._scratch = layer.scratch(name, (shape[0] * shape[1] * shape[2],), late=late)

    def at(self, time: int, part: int = 0) -> Array:
        """Return the array (samples, units) of one step and part."""
        return self._whole()[time][part]

    def read(self, kernels: Backend, x: Array) -> None:
        """Take all over from x (samples, times, places, parts, values)."""
        kernels.permute(self._inside(), self._outside(x), _IN)

    def write(self, kernels: Backend, y: Array) -> None:
        """Copy all to y (samples, times, places, parts, values)."""
        kernels.permute(self._outside(y), self._inside(), _OUT)

    def _whole(self) -> Array:
        times, parts, units = self._shape
        value = self._scratch.value
        return value.reshape((times, parts, value.shape[0], units))

    def _inside(self) -> Array:
        (times, parts, units), places = self._shape, self._places
        value = self._scratch.value
        return value.reshape((times, parts, value.shape[0], places, units // places))

    def _outside(self, array: Array) -> Array:
        (times, parts, units), places = self._shape, self._places
        return array.reshape((array.shape[0], times, places, parts, units // places))


class Stepwise:
    """The steps of a layer with `gates` vectors of `units` values, and one state or two.

    A subclass says what one step does. `functions` are the activations of the gates. Units may be
    the values at each of so many `places` of an image; the recurrent kernel has so many `rows`.
    """

    states: int = 1

    def __init__(
        self,
        layer: Layer,
        shape: tuple[int, int, int],
        functions: Sequence[Function | None],
        *,
        reverse: bool,
        places: int = 1,
        rows: int | None = None,
    ) -> None:
        """Declare the memory, for shape (times, gates, units)."""
        self._layer, self._shape, self._functions = layer, shape, functions
        times, gates, units = shape
        self._kernel_shape = (units if rows is None else rows, gates, units // places)
        one = (times, 1, units)
        order = list(range(times))[:: -1 if reverse else 1]
        self._order = list(zip([None, *order[:-1]], order, strict=True))
        """The step before, and the step."""
        self.before = Series(layer, "before activation", shape, places)
        self.gates = Series(layer, "activated", shape)
        self.entering = Series(layer, "entering", one)
        self.series = [Series(layer, f"state {k}", one) for k in range(self.states)]
        self.slopes = Series(layer, "slopes before activation", shape, places, late=True)
        self._later = [Series(layer, f"later {k}", one, late=True) for k in range(self.states)]
        self._entered = layer.scratch("entered", (times, units), late=True)
        count, _, width = self._kernel_shape
        self._weights = layer.scratch("recurrent kernels", (gates, count, width), per_sample=False)
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
        """Return the part (rows, values) of the recurrent kernel that is a gate's."""
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

        projected (samples, times, places, gates * values); the recurrent kernel, whose last axis is
        gates * values; the states to begin with (samples, units), or none; kept (samples, units)
        multiplies the state that enters the products, and may be None.
        """
        by_gate = recurrent.reshape(self._kernel_shape)
        self.kernels.permute(self._weights.value, by_gate, (1, 0, 2))
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

    def multiply(self, y: Array, x: Array, gate: int, bias: Array = None) -> None:
        """Write y = x times a gate's weights + bias."""
        self.kernels.dense_forward(y, x, self.weights(gate), bias)

    def multiply_back(self, dx: Array, dy: Array, gate: int) -> None:
        """Write the gradient of `multiply` by its x."""
        self.kernels.dense_backward_input(dx, dy, self.weights(gate))

    def open(self, gate: int, time: int, entering: Array, bias: Array = None) -> None:
        """Add what enters, times a gate's weights, to its projection, and apply its activation."""
        self.multiply(self.room, entering, gate, bias)
        self.kernels.accumulate(self.before.at(time, gate), self.room)
        self.activate(gate, time)

    def activate(self, gate: int, time: int) -> None:
        """Apply a gate's activation."""
        y, x = self.gates.at(time, gate), self.before.at(time, gate)
        self.apply(self._functions[gate], y, x)

    def slope(self, gate: int, time: int, dy: Array) -> None:
        """Write the gradient before a gate's activation, from dy behind it."""
        dx, x, y = (part.at(time, gate) for part in (self.slopes, self.before, self.gates))
        self.unapply(self._functions[gate], dx, dy, x, y)

    def apply(self, function: Function | None, y: Array, x: Array) -> None:
        """Write y = f(x)."""
        if function is None:
            self.kernels.copy(y, x)
        else:
            function.forward(self.kernels, self.shaped(y), self.shaped(x))

    def unapply(self, function: Function | None, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx = f'(x) dy."""
        if function is None:
            self.kernels.copy(dx, dy)
        else:
            function.backward(self.kernels, *map(self.shaped, (dx, dy, x, y)))

    def shaped(self, array: Array) -> Array:
        """A view of (samples, units) along whose last axis activations such as softmax run."""
        return array

    def leave(self, dstate: Array, shares: Sequence[tuple[int, Array]]) -> None:
        """Write dstate = the sum of slopes times a gate's weights, as far as the state entered."""
        for number, (gate, slope) in enumerate(shares):
            target = self._share.value if number else dstate
            self.multiply_back(target, slope, gate)
            if number:
                self.kernels.accumulate(dstate, target)
        self.drop(dstate)

    def drop(self, gradient: Array) -> None:
        """Leave out the gradient of what recurrent dropout left out."""
        if self._kept is not None:
            self.kernels.multiply_forward(gradient, gradient, self._kept)


def rows(array: Array) -> Array:
    """A view of (samples, times, values) as (samples * times, values)."""
    return array.reshape((-1, array.shape[array.ndim - 1]))  # the simulator knows no shape[-1]
