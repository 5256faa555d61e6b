"""States of recurrent layers as tensors: those they begin with, and those they end in."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, COUNT, check, integer
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.layer import Layer, Tensor

_NUMBER = integer(least=0)


@dataclass(eq=False)
class Part(Layer):
    """One of the tensors that a recurrent layer writes side by side, for `return_state` mostly.

    (rows, ..., units): the `outputs`, each of as many rows, and then a row for each of so many
    `states`. The first numbers are the outputs', of `width` values, or so many at each step of a
    `sequence`; the others the states'. Recurrent layers put it into the graph.
    """

    number: int
    states: int
    width: int
    sequence: bool = False
    outputs: int = field(default=1, metadata=UNLESS_DEFAULT)

    passes_mask: ClassVar[bool] = True

    def check(self) -> None:
        """Require numbers, and a flag."""
        check(self, _NUMBER, "number", "states")
        check(self, COUNT, "width", "outputs")
        check(self, BOOLEAN, "sequence")
        if self.number >= self.outputs + self.states:
            most = self.outputs + self.states - 1
            raise self.error(f"number must be at most {most}", self.number)

    @property
    def _is_output(self) -> bool:
        return self.number < self.outputs

    def build(self, shape: Shape) -> Shape:
        """Find the part."""
        rows, rest = divmod(shape[0] - self.states, self.outputs)
        if len(shape) < 2 or rows < 1 or rest:
            outputs = "an output" if self.outputs == 1 else f"{self.outputs} outputs"
            rule = f"needs {outputs} and {self.states} states, (rows, ..., units)"
            raise self.error(rule, shape)
        steps, rest = divmod(rows * shape[-1] if self._is_output else shape[-1], self.width)
        many = self.sequence and self._is_output
        if rest or (steps != 1 and not many):
            raise self.error(f"a width of {self.width} must fit its input", shape)
        before = self.number * rows
        if not self._is_output:
            before = self.outputs * rows + self.number - self.outputs
        self.offset = before * math.prod(shape[1:])
        one = (*shape[1:-1], self.width)
        return (steps, *one) if many else one

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the mask for a sequence."""
        return mask if self.sequence and self._is_output else None

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the part."""
        self.kernels.concatenate_backward(flat(y), flat(x), self.offset)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dy where the part lies, and zeros."""
        self.kernels.fill(dx, 0.0)
        self.kernels.concatenate_forward(flat(dx), self.offset, flat(dy))

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0


def flat(array: Array) -> Array:
    """A view of (samples, ...) as (samples, values)."""
    return array.reshape((array.shape[0], -1))


def with_states(layer: Layer, inputs: Any, initial_state: Any) -> Any:
    """Return what a layer is called on: its input, followed by the states it begins with.

    Raises:
        ValueError: `initial_state` is no tensor and no list of them.
    """
    if initial_state is None:
        return inputs
    given = [initial_state] if isinstance(initial_state, Tensor) else initial_state
    if not isinstance(given, Sequence) or not all(isinstance(state, Tensor) for state in given):
        raise layer.error("initial_state must be a tensor, or a list of them", initial_state)
    if not isinstance(inputs, Tensor):
        raise layer.error("takes one tensor beside initial_state", inputs)
    return [inputs, *given]


class Ending:
    """The states that a layer ends in, and where it writes them: as rows behind its output.

    A sample none of whose steps counts ends in the states that it began with.
    """

    def __init__(
        self,
        layer: Layer,
        output: Shape | None,
        times: int,
        units: int,
        states: int,
        *,
        last: int,
        begins: bool,
    ) -> None:
        """Declare it, for states (times, units); `begins`: masked, with states to begin with.

        output: the shape of what the layer writes before the rows; None where it writes no rows.
        """
        self._layer, self._last, self._begins = layer, last, begins
        self._units, self._states = units, states
        self._final = layer.scratch("final state", (units,))
        if output is not None:
            self._output = layer.scratch("output", output)
            self._placed = layer.scratch("final state's gradient", (times, units), late=True)
        if begins:
            self._room = layer.scratch("state begun with", (1, units))
            self._counts = layer.scratch("whether a step counts", (1,))
            self._empty = layer.scratch("whether none does", (1,))

    @property
    def output(self) -> Array:
        """The output, or its gradient."""
        return self._output.value

    def finals(
        self, sequences: Sequence[Array], initial: Sequence[Array], mask: Array
    ) -> Iterator[Array]:
        """Go through the states that it ends in, each (samples, units) in the same memory."""
        k, final = self._layer.kernels, self._final.value
        if self._begins:
            samples = mask.shape[0]
            counts, empty = self._counts.value, self._empty.value
            k.unequal_any(counts.reshape((samples,)), mask, 0.0)
            k.unequal_any(empty.reshape((samples,)), counts, 1.0)
        for number, sequence in enumerate(sequences):
            k.take_time(final, sequence, self._last)
            if self._begins:
                k.accumulate(final, self._where_empty(initial[number]))
            yield final

    def write(self, y: Array, number: int, final: Array) -> None:
        """Write the state of that number to y, and before the first one the output."""
        k = self._layer.kernels
        if number == 0:
            k.concatenate_forward(flat(y), 0, flat(self.output))
        k.concatenate_forward(flat(y), self._offset(y, number), final)

    def read(self, dy: Array, gradients: Sequence[Array]) -> None:
        """Add to the gradients of the sequences of states, which hold those of the output."""
        k, final, placed = self._layer.kernels, self._final.value, self._placed.value
        for number, gradient in enumerate(gradients):
            k.concatenate_backward(final, flat(dy), self._offset(dy, number))
            k.put_time(placed, final, self._last)
            k.accumulate(gradient, placed)

    def read_output(self, dy: Array) -> Array:
        """Return the gradient of the output."""
        self._layer.kernels.concatenate_backward(flat(self.output), flat(dy), 0)
        return self.output

    def read_initial(self, dinitial: Sequence[Array], dy: Array) -> None:
        """Add to the gradients of the states begun with, where they are also what it ends in."""
        k, final = self._layer.kernels, self._final.value
        for number, target in enumerate(dinitial if self._begins else ()):
            if target is not None:
                k.concatenate_backward(final, flat(dy), self._offset(dy, number))
                k.accumulate(target, self._where_empty(final))

    def _where_empty(self, state: Array) -> Array:
        """Return a state (samples, units) where no step counts, and zeros."""
        shape = self._room.value.shape
        self._layer.kernels.clear_steps(self._room.value, state.reshape(shape), self._empty.value)
        return self._room.value.reshape(state.shape)

    def _offset(self, array: Array, number: int) -> int:
        """Where a state begins among the values of a sample."""
        values = array.shape[1] * array.shape[2]
        return int(values - (self._states - number) * self._units)
