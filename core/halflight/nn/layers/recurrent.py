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
from halflight.nn.layer import Tensor
from halflight.nn.layers.packing import Packing
from halflight.nn.layers.weighted import Weighted
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer


@dataclass(eq=False, kw_only=True)
class Recurrent(Weighted):
    """A layer on sequences (time, features) whose state (units,) starts at zero.

    The inputs of all steps are projected by the kernel at once; a kernel of the back end then runs
    the recurrence. Weight decay acts on both kernels. Steps that a mask leaves out are not read:
    the state stays, and a returned sequence shows it on (zeros before the first step that counts).
    Arguments shared with Keras:

    dropout: share of the inputs left out in training, the same at every step: Gal & Ghahramani
        2016, section 4.
    seed: of that; None takes a stream of the model's own.
    return_sequences: the output is every state, (time, units), not the last one, (units,).
    go_backwards: the last step is read first, and returned sequences begin with its state.
    """

    recurrent_initializer: str | Initializer = "orthogonal"
    recurrent_regularizer: str | L1L2 | None = None
    recurrent_constraint: str | Constraint | None = None
    return_sequences: bool = False
    go_backwards: bool = False
    dropout: float = field(default=0.0, metadata=UNLESS_DEFAULT)
    seed: int | None = field(default=None, metadata=UNLESS_DEFAULT)
    mirrored: bool = field(init=False, repr=False, default=False)
    """Set by Bidirectional, whose backward layer returns its sequence in the other order."""

    units: int
    uses_mask: ClassVar[bool] = True
    gates: ClassVar[int] = 1
    """Vectors of `units` values that every step computes."""

    def check_recurrence(self) -> None:
        """Require positive units, known names and true or false switches."""
        check(self, COUNT, "units")
        check(self, BOOLEAN, "return_sequences")
        check(self, BOOLEAN, "go_backwards")
        check(self, FRACTION, "dropout")
        check(self, SEED.or_none(), "seed")
        self.check_weights()
        self.recurrent_initializer = get_initializer(self.recurrent_initializer)
        self.recurrent_regularizer = get_regularizer(self.recurrent_regularizer)
        self.recurrent_constraint = get_constraint(self.recurrent_constraint)

    # What a subclass writes.

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

    # What all share.

    def build(self, shape: Any) -> Shape:
        """Declare kernel (features, g), recurrent_kernel (units, g) and bias; g = gates * units."""
        sequence: Shape = shape[0] if self.masked else shape
        if len(sequence) != 2:
            raise self.error("needs a sequence (time, features)", sequence)
        times, features = sequence
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
        self.last = 0 if self.go_backwards else times - 1
        self.states: Scratch | None = None
        if not self.return_sequences or self.turned:
            self.states = self.scratch("states", (times, self.units))
            self.gradients = self.scratch("gradients", (times, self.units))
        if self.masked:
            self.packing = Packing(self, times, features, self.units, reverse=self.go_backwards)
        if self.dropout:
            self.thinned = self.scratch("thinned", (times, features))
            self.thinned_gradients = self.scratch("thinned gradients", (times, features), late=True)
        self.build_states(times)
        return (times, self.units) if self.return_sequences else (self.units,)

    @property
    def turned(self) -> bool:
        """Whether a returned sequence is in the opposite order of the input."""
        return self.go_backwards != self.mirrored

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the input's mask for a sequence."""
        return mask if self.return_sequences else None

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Write all states, or the last one."""
        if self.states is None:
            self._read(y, x, training)
            return
        self._read(self.states.value, x, training)
        if self.return_sequences:
            self.kernels.reverse_time(y, self.states.value)
        else:
            self.kernels.take_time(y, self.states.value, self.last)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Go through the steps in the opposite order (backpropagation through time)."""
        if self.states is None:
            self._unread(dx, dy, x, y)
            return
        if self.return_sequences:
            self.kernels.reverse_time(self.gradients.value, dy)
        else:
            self.kernels.put_time(self.gradients.value, dy, self.last)
        self._unread(dx, self.gradients.value, x, self.states.value)

    def _read(self, states: Array, x: Any, training: bool) -> None:
        """Write the states of the input, of its steps that count where it is [x, mask]."""
        if not self.masked:
            self.recur(states, self._thin(x, training))
            return
        sequence, mask = x
        self.packing.pack(self.kernels, sequence, mask)
        self.recur(self.packing.states.value, self._thin(self.packing.steps.value, training))
        self.packing.spread(self.kernels, states, mask)

    def _unread(self, dx: Any, dstates: Array, x: Any, states: Array) -> None:
        """Write dx, or [dx, dmask]; add to the gradients of the weights."""
        if not self.masked:
            self._unroll_thinned(dx, dstates, x, states)
            return
        packing, mask = self.packing, x[1]
        slopes = packing.gather(self.kernels, dstates, mask)
        target = None if dx[0] is None else packing.step_gradients.value
        self._unroll_thinned(target, slopes, packing.steps.value, packing.states.value)
        if dx[0] is not None:
            packing.unpack(self.kernels, dx[0], mask)
        if dx[1] is not None:
            self.kernels.fill(dx[1], 0.0)

    def _thin(self, x: Array, training: bool) -> Array:
        """Return the input, without some of its features in training."""
        if not self.dropout or not training:
            return x
        self.kernels.spatial_dropout_forward(self.thinned.value, x, self.dropout, *self._random)
        return self.thinned.value

    def _unroll_thinned(self, dx: Array, dstates: Array, x: Array, states: Array) -> None:
        """Unroll, with the features that were left out left out."""
        if not self.dropout:
            self.unroll(dx, dstates, x, states)
            return
        slopes = None if dx is None else self.thinned_gradients.value
        self.unroll(slopes, dstates, self.thinned.value, states)
        if dx is not None:
            self.kernels.spatial_dropout_backward(dx, slopes, self.dropout, *self._random)

    @property
    def _random(self) -> tuple[int, int]:
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
        shape = shape[0] if self.masked else shape
        biases = math.prod(self.bias_shape()) if self.use_bias else 0
        kernels = self.gates * self.units * (shape[1] + self.units)
        return shape[0] * (2 * kernels + biases)


def _rows(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])
