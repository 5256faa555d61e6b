"""Recurrent: the base of layers that read a sequence step by step and remember a state."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.checks import BOOLEAN, COUNT, FRACTION, SEED, check
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.constraints import Constraint
from halflight.nn.constraints import get as get_constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layer import Layer, Tensor
from halflight.nn.layers.activation import Function
from halflight.nn.layers.recurrence import Recurrence
from halflight.nn.layers.states import Ending, Part, with_states
from halflight.nn.layers.stepwise import Stepwise
from halflight.nn.layers.weighted import Weighted
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer


@dataclass(eq=False, kw_only=True)
class Recurrent(Weighted):
    """A layer on sequences (time, features) whose state (units,) starts at zero, or as it is told.

    The inputs of all steps are projected by the kernel at once; a kernel of the back end then runs
    the recurrence, or `Stepwise` where it has what that kernel does not know. Weight decay acts on
    both kernels. Steps that a mask leaves out are not read: the state stays, and a returned
    sequence shows it on (zeros before the first step that counts).
    Arguments shared with Keras:

    dropout: share of the inputs left out in training, the same at every step: Gal & Ghahramani
        2016, section 4.
    recurrent_dropout: share of the state left out of the products in training, likewise.
    seed: of both; None takes a stream of the model's own.
    return_sequences: the output is every state, (time, units), not the last one, (units,).
    return_state: the layer returns a list: its output, and the state after the last step (of an
        LSTM also the cell), each (units,).
    go_backwards: the last step is read first, and returned sequences begin with its state.
    """

    recurrent_initializer: str | Initializer = "orthogonal"
    recurrent_regularizer: str | L1L2 | None = None
    recurrent_constraint: str | Constraint | None = None
    return_sequences: bool = False
    go_backwards: bool = False
    return_state: bool = field(default=False, metadata=UNLESS_DEFAULT)
    dropout: float = field(default=0.0, metadata=UNLESS_DEFAULT)
    recurrent_dropout: float = field(default=0.0, metadata=UNLESS_DEFAULT)
    seed: int | None = field(default=None, metadata=UNLESS_DEFAULT)
    mirrored: bool = field(init=False, repr=False, default=False)
    """Set by Bidirectional, whose backward layer returns its sequence in the other order."""

    units: int
    uses_mask: ClassVar[bool] = True
    takes_states: ClassVar[bool] = True
    gates: ClassVar[int] = 1
    """Vectors of `units` values that every step computes."""
    state_count: ClassVar[int] = 1
    """Vectors of `units` values that a step hands on."""

    def check_recurrence(self) -> None:
        """Require positive units, known names and true or false switches."""
        check(self, COUNT, "units")
        check(self, BOOLEAN, "return_sequences")
        check(self, BOOLEAN, "return_state")
        check(self, BOOLEAN, "go_backwards")
        check(self, FRACTION, "dropout")
        check(self, FRACTION, "recurrent_dropout")
        check(self, SEED.or_none(), "seed")
        self.check_weights()
        self.recurrent_initializer = get_initializer(self.recurrent_initializer)
        self.recurrent_regularizer = get_regularizer(self.recurrent_regularizer)
        self.recurrent_constraint = get_constraint(self.recurrent_constraint)

    # What a subclass writes.

    @property
    def is_fused(self) -> bool:
        """Whether the kernel of whole sequences knows the activations."""
        raise NotImplementedError

    def stepwise(self) -> tuple[type[Stepwise], list[Function | None]]:
        """Return what runs the steps one by one, and the activations of the gates."""
        raise NotImplementedError

    def build_states(self, times: int) -> None:
        """Declare what the backward pass needs beside the states."""

    def recur(self, states: Array, x: Array) -> None:
        """Write the states (batch, time, units) of the input x, each at its input's step."""
        raise NotImplementedError

    def unroll(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Write dx from the states' gradients, and add to the weights'; may overwrite dstates."""
        raise NotImplementedError

    def bias_initial(self) -> Initializer:
        """Return what draws the bias."""
        return get_initializer(self.bias_initializer)

    def bias_shape(self) -> Shape:
        """Return the shape of the bias."""
        return (self.gates * self.units,)

    @property
    def projected_bias(self) -> Array:
        """The bias of the projected inputs, or None."""
        return self.bias_value

    @property
    def projected_bias_grad(self) -> Array:
        """Its gradient, or None."""
        return self.bias_grad

    # What all share.

    def __call__(
        self,
        inputs: Tensor | Sequence[Tensor],
        mask: Tensor | None = None,
        initial_state: Tensor | Sequence[Tensor] | None = None,
    ) -> Any:
        """Add this layer to the graph; see `Layer`.

        Args:
            inputs: a sequence (time, features), or a list of it and the states to begin with.
            mask: (time,) of 1 and 0: which steps count.
            initial_state: the state (units,) before the first step, for an LSTM [state, cell];
                None: zeros. Their gradients reach the layers that they come from.

        Returns:
            The output; with `return_state` a list of it and the states after the last step.
        """
        given = with_states(self, inputs, initial_state)
        if not self.return_state:
            return super().__call__(given, mask)
        output, *states = self._apart(Layer.__call__(self, given, mask))
        return [self.penalised(output), *states]

    @property
    def output(self) -> Any:
        """The tensor that this layer writes, or the list of them; see `Layer`."""
        return self._apart(super().output) if self.return_state else super().output

    def _apart(self, packed: Tensor) -> list[Tensor]:
        """Return the output and the states of what the layer writes side by side."""
        count = self.state_count
        return [
            Part(number, count, self.units, self.return_sequences)(packed)
            for number in range(count + 1)
        ]

    def build(self, shape: Any) -> Shape:
        """Declare kernel (features, g), recurrent_kernel (units, g) and bias; g = gates * units."""
        parts = list(shape) if isinstance(shape, list) else [shape]
        sequence, *initial = parts[:-1] if self.masked else parts
        if len(sequence) != 2:
            raise self.error("needs a sequence (time, features)", sequence)
        if initial and initial != [(self.units,)] * self.state_count:
            rule = f"begins with {self.state_count} state(s) of shape ({self.units},)"
            raise self.error(rule, initial)
        times, features = sequence
        self._build_weights(features)
        self.last = 0 if self.go_backwards else times - 1
        output = (times, self.units) if self.return_sequences else (self.units,)
        count = self.state_count if self.return_state else 1
        self.states: list[Scratch] = []
        if not self.return_sequences or self.turned or self.return_state:
            names = ("states", "cells")[:count]
            self.states = [self.scratch(f"all {n}", (times, self.units)) for n in names]
            self.gradients = [self.scratch(f"d{n}", (times, self.units)) for n in names]
        self.ending = None
        if self.return_state:
            begins = self.masked and bool(initial)
            sizes = (output, times, self.units, count)
            self.ending = Ending(self, *sizes, last=self.last, begins=begins)
        self.recurrence = Recurrence(self, times, features, count, begins=bool(initial))
        if not self.return_state:
            return output
        return ((times if self.return_sequences else 1) + count, self.units)

    def _build_weights(self, features: int) -> None:
        """Declare the weights."""
        width = self.gates * self.units
        self.kernel = self.build_kernel("kernel", (features, width))
        self.recurrent_kernel = self.param(
            "recurrent_kernel",
            (self.units, width),
            get_initializer(self.recurrent_initializer),
            decay=True,
            regularizer=get_regularizer(self.recurrent_regularizer),
            constraint=get_constraint(self.recurrent_constraint),
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.param(
                "bias",
                self.bias_shape(),
                self.bias_initial(),
                regularizer=get_regularizer(self.bias_regularizer),
                constraint=get_constraint(self.bias_constraint),
            )

    @property
    def turned(self) -> bool:
        """Whether a returned sequence is in the opposite order of the input."""
        return self.go_backwards != self.mirrored

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the input's mask for a sequence."""
        return mask if self.return_sequences else None

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Write all states, or the last one; then, as rows, those it ends in."""
        if not self.states:
            self.recurrence.read([y], x, training)
            return
        states = [scratch.value for scratch in self.states]
        self.recurrence.read(states, x, training)
        output = y if self.ending is None else self.ending.output
        if not self.return_sequences:
            self.kernels.take_time(output, states[0], self.last)
        elif self.turned:
            self.kernels.reverse_time(output, states[0])
        else:
            self.kernels.copy(output, states[0])
        if self.ending is not None:
            _, initial, mask = self.recurrence.given(x)
            self.ending.write(y, states, initial, mask)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Go through the steps in the opposite order (backpropagation through time)."""
        if not self.states:
            self.recurrence.unread(dx, [dy], x, [y])
            return
        gradients = [scratch.value for scratch in self.gradients]
        doutput = dy if self.ending is None else self.ending.read_output(dy)
        if not self.return_sequences:
            self.kernels.put_time(gradients[0], doutput, self.last)
        elif self.turned:
            self.kernels.reverse_time(gradients[0], doutput)
        else:
            self.kernels.copy(gradients[0], doutput)
        if self.ending is not None:
            for gradient in gradients[1:]:
                self.kernels.fill(gradient, 0.0)
            self.ending.read(dy, gradients)
        self.recurrence.unread(dx, gradients, x, [scratch.value for scratch in self.states])
        if self.ending is not None:
            self.ending.read_initial(self.recurrence.given(dx)[1], dy)

    @property
    def random(self) -> tuple[int, int]:
        """The seed and the step that say what is left out; another choice for either direction."""
        seed = self.stream if self.seed is None else self.seed
        return (seed ^ 1 if self.mirrored else seed), self.step

    def project(self, projected: Array, x: Array, bias: Array) -> None:
        """Write projected (batch, time, gates * units) = x @ kernel + bias, which may be None."""
        self.kernels.dense_forward(_rows(projected), _rows(x), self.kernel.value, bias)

    def unproject(self, dx: Array, dprojected: Array, x: Array, bias_grad: Array) -> None:
        """Write dx, unless it is None; add to the gradients of kernel and bias."""
        if self.trainable:
            self.kernels.dense_backward_weights(
                self.kernel.grad, bias_grad, _rows(dprojected), _rows(x)
            )
        if dx is not None:
            self.kernels.dense_backward_input(_rows(dx), _rows(dprojected), self.kernel.value)

    @property
    def recurrent_grad(self) -> Array:
        """The gradient of the recurrent kernel, or None where nobody needs it."""
        return self.recurrent_kernel.grad if self.trainable else None

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Two operations a weight and step, one a bias; the activations are not counted."""
        shape = shape[0] if isinstance(shape, list) else shape
        biases = math.prod(self.bias_shape()) if self.use_bias else 0
        kernels = self.gates * self.units * (shape[1] + self.units)
        return shape[0] * (2 * kernels + biases)


def _rows(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])
