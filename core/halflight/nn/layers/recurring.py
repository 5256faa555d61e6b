"""Recurring: the base of all layers that read a sequence step by step and remember a state."""

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Scratch, Shape, Weight
from halflight.nn.checks import BOOLEAN, FRACTION, SEED, check
from halflight.nn.layer import Layer, Tensor
from halflight.nn.layers.activation import Function
from halflight.nn.layers.recurrence import Recurrence
from halflight.nn.layers.states import Ending, Part, with_states
from halflight.nn.layers.stepwise import Stepwise
from halflight.nn.layers.weighted import Weighted
from halflight.nn.remembering import Memory


class Recurring(Weighted):
    """A layer on sequences (time, ...) whose state begins with zeros, or as it is told.

    Forward and backward see vectors alone: a step of `features` values, a state of `units`. Steps
    that a mask leaves out are not read: the state stays, and a returned sequence shows it on (zeros
    before the first step that counts). Arguments shared with Keras, of all of them:

    dropout: share of the inputs left out in training, the same at every step: Gal & Ghahramani
        2016, section 4.
    recurrent_dropout: share of the state left out of the products in training, likewise.
    seed: of both; None takes a stream of the model's own.
    return_sequences: the output is every state, (time, ...), not the last one.
    zero_output_for_mask: a returned sequence is zero at steps that are left out.
    return_state: the layer returns a list: its output, and the state after the last step (of an
        LSTM also the cell).
    go_backwards: the last step is read first, and returned sequences begin with its state.
    stateful: sample i of a batch begins with the state that sample i of the batch before ended in,
        in training, evaluation and prediction alike, until `reset_state()`. All batches have as
        many samples as the first; no gradient goes from one to another; no file keeps the states.
        Batches must come in order: `fit(shuffle=False)`. An `initial_state` goes before.
    """

    return_sequences: bool
    go_backwards: bool
    return_state: bool
    stateful: bool
    zero_output_for_mask: bool
    dropout: float
    recurrent_dropout: float
    seed: int | None

    units: int
    recurrent_kernel: Weight
    mirrored: bool = False
    """Set by Bidirectional, whose backward layer returns its sequence in the other order."""

    uses_mask: ClassVar[bool] = True
    takes_states: ClassVar[bool] = True
    gates: ClassVar[int] = 1
    """Vectors of `units` values that every step computes."""
    state_count: ClassVar[int] = 1
    """Vectors of `units` values that a step hands on."""

    def check_recurring(self) -> None:
        """Require true or false switches, shares and a seed."""
        check(self, BOOLEAN, "return_sequences", "return_state", "go_backwards", "stateful")
        check(self, BOOLEAN, "zero_output_for_mask")
        check(self, FRACTION, "dropout", "recurrent_dropout")
        check(self, SEED.or_none(), "seed")
        self.memory = Memory()

    # What a subclass writes.

    def build_step(self, sequence: Shape) -> Shape:
        """Declare the weights for a sequence (time, ...), and return the shape of a state."""
        raise NotImplementedError

    @property
    def is_fused(self) -> bool:
        """Whether a kernel of the back end runs whole sequences."""
        raise NotImplementedError

    def stepwise(self) -> tuple[Callable[..., Stepwise], list[Function | None]]:
        """Return what runs the steps one by one, and the activations of the gates."""
        raise NotImplementedError

    def build_states(self, times: int) -> None:
        """Declare what the backward pass of whole sequences needs beside the states."""

    def recur(self, states: Array, x: Array) -> None:
        """Write the states (batch, time, units) of the input x, each at its input's step."""
        raise NotImplementedError

    def unroll(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Write dx from the states' gradients, and add to the weights'; may overwrite dstates."""
        raise NotImplementedError

    def project(self, projected: Array, x: Array, bias: Array) -> None:
        """Write projected (batch, time, gates * units) of x and the bias, which may be None."""
        raise NotImplementedError

    def unproject(self, dx: Array, dprojected: Array, x: Array, bias_grad: Array) -> None:
        """Write dx, unless it is None; add to the gradients of kernel and bias."""
        raise NotImplementedError

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
            inputs: a sequence (time, ...), or a list of it and the states to begin with.
            mask: (time,) of 1 and 0: which steps count.
            initial_state: the state before the first step, for an LSTM [state, cell]; None: zeros,
                or what a stateful layer remembers. Their gradients reach the layers that they come
                from.

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

    @property
    def returns_list(self) -> bool:
        """Whether a call returns a list of tensors."""
        return self.return_state

    @property
    def memories(self) -> Sequence[Memory]:
        """What a stateful layer keeps from batch to batch."""
        return (self.memory,) if self.stateful else ()

    def _apart(self, packed: Tensor) -> list[Tensor]:
        """Return the output and the states of what the layer writes side by side."""
        count, width = self.state_count, packed.shape[-1]
        return [
            Part(number, count, width, self.return_sequences)(packed) for number in range(count + 1)
        ]

    def build(self, shape: Any) -> Shape:
        """Declare the weights, and what both passes need."""
        parts = list(shape) if isinstance(shape, list) else [shape]
        sequence, *initial = parts[:-1] if self.masked else parts
        self.one = self.build_step(sequence)
        if initial and initial != [self.one] * self.state_count:
            rule = f"begins with {self.state_count} state(s) of shape {self.one}"
            raise self.error(rule, initial)
        times, units = sequence[0], math.prod(self.one)
        self.last = 0 if self.go_backwards else times - 1
        many, goes_on = self.return_sequences, self.stateful and not initial
        ends = self.return_state or goes_on
        count = self.state_count if ends else 1
        self.states: list[Scratch] = []
        hides = self.zero_output_for_mask and self.masked and many
        if not many or self.turned or ends or hides:
            names = ("states", "cells")[:count]
            self.states = [self.scratch(f"all {n}", (times, units)) for n in names]
            self.gradients = [self.scratch(f"d{n}", (times, units), late=True) for n in names]
        self.shown = self.scratch("shown", (times, units)) if hides else None
        self.begun: list[Scratch] = []
        if goes_on:
            names = ("state", "cell")[:count]
            self.begun = [self.scratch(f"remembered {name}", (units,)) for name in names]
        self.ending = None
        if ends:
            output = ((times, units) if many else (units,)) if self.return_state else None
            begins = self.masked and bool(initial or self.begun)
            sizes = (output, times, units, count)
            self.ending = Ending(self, *sizes, last=self.last, begins=begins)
        features = math.prod(sequence[1:])
        self.recurrence = Recurrence(self, times, features, count, begins=bool(initial))
        if self.return_state:
            return ((times if many else 1) + count, *self.one)
        return (times, *self.one) if many else self.one

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
        if self.begun:
            self.memory.read(self, [scratch.value for scratch in self.begun])
        states = [scratch.value for scratch in self.states]
        self.recurrence.read(states, x, training)
        output = self.ending.output if self.ending and self.return_state else y
        shown = self._shown(states[0], x)
        if not self.return_sequences:
            self.kernels.take_time(output, shown, self.last)
        elif self.turned:
            self.kernels.reverse_time(output, shown)
        else:
            self.kernels.copy(output, shown)
        if self.ending is not None:
            _, initial, mask = self.recurrence.begun(x)
            for number, final in enumerate(self.ending.finals(states, initial, mask)):
                if self.return_state:
                    self.ending.write(y, number, final)
                if self.begun:
                    self.memory.write(self.kernels, number, final)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Go through the steps in the opposite order (backpropagation through time)."""
        if not self.states:
            self.recurrence.unread(dx, [dy], x, [y])
            return
        ending = self.ending if self.return_state else None
        gradients = [scratch.value for scratch in self.gradients]
        doutput = dy if ending is None else ending.read_output(dy)
        if not self.return_sequences:
            self.kernels.put_time(gradients[0], doutput, self.last)
        elif self.turned:
            self.kernels.reverse_time(gradients[0], doutput)
        else:
            self.kernels.copy(gradients[0], doutput)
        gradients[0] = self._shown(gradients[0], x)
        for gradient in gradients[1:]:
            self.kernels.fill(gradient, 0.0)
        if ending is not None:
            ending.read(dy, gradients)
        self.recurrence.unread(dx, gradients, x, [scratch.value for scratch in self.states])
        if ending is not None:
            ending.read_initial(self.recurrence.given(dx)[1], dy)

    def _shown(self, states: Array, x: Any) -> Array:
        """Return the states, or their gradients, with zeros at steps that show none."""
        if self.shown is None:
            return states
        self.kernels.clear_steps(self.shown.value, states, self.recurrence.given(x)[2])
        return self.shown.value

    @property
    def random(self) -> tuple[int, int]:
        """The seed and the step that say what is left out; another choice for either direction."""
        seed = self.stream if self.seed is None else self.seed
        return (seed ^ 1 if self.mirrored else seed), self.step

    @property
    def recurrent_grad(self) -> Array:
        """The gradient of the recurrent kernel, or None where nobody needs it."""
        return self.recurrent_kernel.grad if self.trainable else None
