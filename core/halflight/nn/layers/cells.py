"""The steps of SimpleRNN, LSTM, ConvLSTM and both GRUs: one equation after the other, and back."""

import math
from collections.abc import Sequence
from typing import Any

from halflight.nn.arrays import Array, Shape
from halflight.nn.layers.activation import Function
from halflight.nn.layers.stepwise import Series, Stepwise, rows

_I, _F, _G, _O = range(4)
_Z, _R, _H = range(3)


class SimpleSteps(Stepwise):
    """state = f(projection + state before . w)."""

    def step(self, time: int, before: Sequence[Array]) -> None:
        """Write the state."""
        self.open(0, time, self.entering.at(time))
        self.kernels.copy(self.series[0].at(time), self.gates.at(time))

    def unstep(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> None:
        """Go back through the activation and the product."""
        self.slope(0, time, running[0])
        self.leave(running[0], [(0, self.slopes.at(time))])


class LSTMSteps(Stepwise):
    """cell = f cell before + i g, and state = o activation(cell)."""

    states = 2

    def __init__(self, layer: Any, shape: tuple[int, int, int], *rest: Any, **options: Any) -> None:
        """Declare the cells beside their activation."""
        super().__init__(layer, shape, *rest, **options)
        self._squashed = Series(layer, "squashed cells", (shape[0], 1, shape[2]))

    @property
    def _squash(self) -> Function | None:
        return self._functions[_G]

    def step(self, time: int, before: Sequence[Array]) -> None:
        """Write state and cell."""
        k, (state, cell) = self.kernels, (series.at(time) for series in self.series)
        for gate in (_I, _F, _G, _O):
            self.open(gate, time, self.entering.at(time))
        i, f, g, o = (self.gates.at(time, gate) for gate in (_I, _F, _G, _O))
        k.multiply_forward(cell, f, before[1])
        k.multiply_forward(self.room, i, g)
        k.accumulate(cell, self.room)
        squashed = self._squashed.at(time)
        self.apply(self._squash, squashed, cell)
        k.multiply_forward(state, o, squashed)

    def unstep(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> None:
        """Go back through the state, the cell, the gates and the products."""
        k, (dstate, dcell), room = self.kernels, running, self.room
        i, f, g, o = (self.gates.at(time, gate) for gate in (_I, _F, _G, _O))
        squashed = self._squashed.at(time)
        k.multiply_forward(room, dstate, squashed)
        self.slope(_O, time, room)
        k.multiply_forward(dstate, dstate, o)
        self.unapply(self._squash, room, dstate, self.series[1].at(time), squashed)
        k.accumulate(dcell, room)
        for gate, factor in ((_I, g), (_F, before[1]), (_G, i)):
            k.multiply_forward(room, dcell, factor)
            self.slope(gate, time, room)
        k.multiply_forward(dcell, dcell, f)
        self.leave(dstate, [(gate, self.slopes.at(time, gate)) for gate in (_I, _F, _G, _O)])


class ConvLSTMSteps(LSTMSteps):
    """The same of maps: the state enters by a convolution, with as many zeros as keep its size."""

    def __init__(
        self, layer: Any, shape: tuple[int, int, int], *rest: Any, maps: Shape, **options: Any
    ) -> None:
        """Take the shape of the maps, (..., filters)."""
        places, taps = math.prod(maps[:-1]), math.prod(layer.lengths("kernel_size"))
        options |= {"places": places, "rows": taps * maps[-1]}
        super().__init__(layer, shape, *rest, **options)
        self._maps = maps

    def multiply(self, y: Array, x: Array, gate: int, bias: Array = None) -> None:
        """Write y = x * a gate's weights + bias."""
        maps = (self.shaped(y), self.shaped(x))
        self._layer.convolve("forward", *maps, self._filters(gate), bias)  # type: ignore[attr-defined]

    def multiply_back(self, dx: Array, dy: Array, gate: int) -> None:
        """Write the gradient of `multiply` by its x."""
        maps = (self.shaped(dx), self.shaped(dy))
        self._layer.convolve("backward_input", *maps, self._filters(gate))  # type: ignore[attr-defined]

    def add_weight_gradients(self, dw: Array, dprojected: Array, entered: Array) -> None:
        """Add to dw (*kernel_size, filters, 4 * filters)."""
        samples, times = entered.shape[0], self._shape[0]
        before = entered.reshape((samples * times, *self._maps))
        slopes = dprojected.reshape((samples * times, *self._maps[:-1], 4 * self._maps[-1]))
        self._layer.convolve("backward_weights", dw, None, slopes, before)  # type: ignore[attr-defined]

    def shaped(self, array: Array) -> Array:
        """A view as maps."""
        return array.reshape((array.shape[0], *self._maps))

    def _filters(self, gate: int) -> Array:
        size = self._layer.lengths("kernel_size")  # type: ignore[attr-defined]
        return self.weights(gate).reshape((*size, self._maps[-1], self._maps[-1]))


class _GRUSteps(Stepwise):
    """state = z state before + (1 - z) h = z (state before - h) + h."""

    def __init__(self, layer: Any, shape: tuple[int, int, int], *rest: Any, **options: Any) -> None:
        """Declare room for what passes z."""
        super().__init__(layer, shape, *rest, **options)
        self._direct = layer.scratch("direct", (shape[2],), late=True)

    def update(self, time: int, before: Sequence[Array]) -> None:
        """Write the state."""
        z, h, state = self.gates.at(time, _Z), self.gates.at(time, _H), self.series[0].at(time)
        self.kernels.subtract_forward(self.room, before[0], h)
        self.kernels.multiply_forward(state, z, self.room)
        self.kernels.accumulate(state, h)

    def downdate(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> Array:
        """Write the slopes of z and h; return what of the state's gradient passes z."""
        k, (dstate,), room = self.kernels, running, self.room
        z, h = self.gates.at(time, _Z), self.gates.at(time, _H)
        k.subtract_forward(room, before[0], h)
        k.multiply_forward(room, room, dstate)
        self.slope(_Z, time, room)
        direct = self._direct.value
        k.multiply_forward(direct, dstate, z)
        k.subtract_forward(room, dstate, direct)
        self.slope(_H, time, room)
        return direct


class GRUSteps(_GRUSteps):
    """h = f(projection + r q), where q = state before . w + bias."""

    def __init__(self, layer: Any, shape: tuple[int, int, int], *rest: Any, **options: Any) -> None:
        """Declare q, and the slopes of the products."""
        super().__init__(layer, shape, *rest, **options)
        self._q = Series(layer, "products", (shape[0], 1, shape[2]))
        self._product_slopes = Series(layer, "slopes of products", shape, late=True)
        self._products = layer.scratch("dproducts", (shape[0], shape[1] * shape[2]), late=True)

    def step(self, time: int, before: Sequence[Array]) -> None:
        """Write the state."""
        k, entering, q = self.kernels, self.entering.at(time), self._q.at(time)
        self.open(_Z, time, entering, self._bias(_Z))
        self.open(_R, time, entering, self._bias(_R))
        self.multiply(q, entering, _H, self._bias(_H))
        k.multiply_forward(self.room, self.gates.at(time, _R), q)
        k.accumulate(self.before.at(time, _H), self.room)
        self.activate(_H, time)
        self.update(time, before)

    def unstep(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> None:
        """Go back through the state, the gates and the products."""
        k, dh, slopes = self.kernels, self.slopes.at(time, _H), self._product_slopes
        direct = self.downdate(time, before, running)
        k.multiply_forward(self.room, dh, self._q.at(time))
        self.slope(_R, time, self.room)
        for gate in (_Z, _R):
            k.copy(slopes.at(time, gate), self.slopes.at(time, gate))
        k.multiply_forward(slopes.at(time, _H), dh, self.gates.at(time, _R))
        self.leave(running[0], [(gate, slopes.at(time, gate)) for gate in (_Z, _R, _H)])
        k.accumulate(running[0], direct)

    def add_weight_gradients(self, dw: Array, dprojected: Array, entered: Array) -> None:
        """Add to dw, and to the gradient of the products' bias."""
        self._product_slopes.write(self.kernels, self._products.value)
        bias = self._layer.bias  # type: ignore[attr-defined]
        db = None if bias is None else bias.grad[1]
        self.kernels.dense_backward_weights(dw, db, rows(self._products.value), rows(entered))

    def _bias(self, gate: int) -> Array:
        bias, units = self._layer.bias, self._shape[2]  # type: ignore[attr-defined]
        return None if bias is None else bias.value[1][gate * units : (gate + 1) * units]


class GRUResetBeforeSteps(_GRUSteps):
    """h = f(projection + (r state before) . w)."""

    def __init__(self, layer: Any, shape: tuple[int, int, int], *rest: Any, **options: Any) -> None:
        """Declare the states that passed r, and the gradients of all products."""
        super().__init__(layer, shape, *rest, **options)
        times, gates, units = shape
        self._reset = Series(layer, "reset states", (times, 1, units))
        self._whole = layer.scratch("dproduct", (units, gates * units), per_sample=False)
        self._candidate = layer.scratch("dcandidate", (units, gates * units), per_sample=False)
        self._third = layer.scratch("third", (units, units), per_sample=False)

    def step(self, time: int, before: Sequence[Array]) -> None:
        """Write the state."""
        entering, reset = self.entering.at(time), self._reset.at(time)
        self.open(_Z, time, entering)
        self.open(_R, time, entering)
        self.kernels.multiply_forward(reset, self.gates.at(time, _R), entering)
        self.open(_H, time, reset)
        self.update(time, before)

    def unstep(self, time: int, before: Sequence[Array], running: Sequence[Array]) -> None:
        """Go back through the state, the gates and the products."""
        k, room, (dstate,) = self.kernels, self.room, running
        direct = self.downdate(time, before, running)
        self.multiply_back(dstate, self.slopes.at(time, _H), _H)
        k.multiply_forward(room, dstate, self.entering.at(time))
        self.slope(_R, time, room)
        k.multiply_forward(dstate, dstate, self.gates.at(time, _R))
        self.drop(dstate)
        k.accumulate(direct, dstate)
        self.leave(dstate, [(gate, self.slopes.at(time, gate)) for gate in (_Z, _R)])
        k.accumulate(dstate, direct)

    def add_weight_gradients(self, dw: Array, dprojected: Array, entered: Array) -> None:
        """Add to dw: in its last third, for what passed r."""
        k, units, gradients = self.kernels, self._shape[2], rows(dprojected)
        whole, third = self._whole.value, self._third.value
        k.fill(whole, 0.0)
        k.dense_backward_weights(whole, None, gradients, rows(entered))
        self._reset.write(k, entered)
        k.fill(self._candidate.value, 0.0)
        k.dense_backward_weights(self._candidate.value, None, gradients, rows(entered))
        k.concatenate_backward(third, self._candidate.value, 2 * units)
        k.concatenate_forward(whole, 2 * units, third)
        k.accumulate(dw, whole)
