"""Recurrent: the base of recurrent layers on vectors, whose products are matrices'."""

import math
from dataclasses import dataclass, field
from typing import Any

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.constraints import Constraint
from halflight.nn.constraints import get as get_constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layers.recurring import Recurring
from halflight.nn.layers.stepwise import rows
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer


@dataclass(eq=False, kw_only=True)
class Recurrent(Recurring):
    """A layer on sequences (time, features) with a state (units,).

    The inputs of all steps are projected by the kernel at once; a kernel of the back end then runs
    the recurrence, or `Stepwise` where it has what that kernel does not know. Weight decay acts on
    both kernels. For the arguments see `Recurring`.
    """

    recurrent_initializer: str | Initializer = "orthogonal"
    recurrent_regularizer: str | L1L2 | None = None
    recurrent_constraint: str | Constraint | None = None
    return_sequences: bool = False
    go_backwards: bool = False
    return_state: bool = field(default=False, metadata=UNLESS_DEFAULT)
    stateful: bool = field(default=False, metadata=UNLESS_DEFAULT)
    zero_output_for_mask: bool = field(default=False, metadata=UNLESS_DEFAULT)
    dropout: float = field(default=0.0, metadata=UNLESS_DEFAULT)
    recurrent_dropout: float = field(default=0.0, metadata=UNLESS_DEFAULT)
    seed: int | None = field(default=None, metadata=UNLESS_DEFAULT)

    units: int

    def check_recurrence(self) -> None:
        """Require positive units, known names and true or false switches."""
        check(self, COUNT, "units")
        self.check_recurring()
        self.check_weights()
        self.recurrent_initializer = get_initializer(self.recurrent_initializer)
        self.recurrent_regularizer = get_regularizer(self.recurrent_regularizer)
        self.recurrent_constraint = get_constraint(self.recurrent_constraint)

    def bias_initial(self) -> Initializer:
        """Return what draws the bias."""
        return get_initializer(self.bias_initializer)

    def bias_shape(self) -> Shape:
        """Return the shape of the bias."""
        return (self.gates * self.units,)

    def build_step(self, sequence: Shape) -> Shape:
        """Declare kernel (features, g), recurrent_kernel (units, g) and bias; g = gates * units."""
        if len(sequence) != 2:
            raise self.error("needs a sequence (time, features)", sequence)
        width = self.gates * self.units
        self.kernel = self.build_kernel("kernel", (sequence[1], width))
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
        return (self.units,)

    def project(self, projected: Array, x: Array, bias: Array) -> None:
        """Write projected (batch, time, gates * units) = x @ kernel + bias, which may be None."""
        self.kernels.dense_forward(rows(projected), rows(x), self.kernel.value, bias)

    def unproject(self, dx: Array, dprojected: Array, x: Array, bias_grad: Array) -> None:
        """Write dx, unless it is None; add to the gradients of kernel and bias."""
        if self.trainable:
            self.kernels.dense_backward_weights(
                self.kernel.grad, bias_grad, rows(dprojected), rows(x)
            )
        if dx is not None:
            self.kernels.dense_backward_input(rows(dx), rows(dprojected), self.kernel.value)

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Two operations a weight and step, one a bias; the activations are not counted."""
        shape = shape[0] if isinstance(shape, list) else shape
        biases = math.prod(self.bias_shape()) if self.use_bias else 0
        kernels = self.gates * self.units * (shape[1] + self.units)
        return shape[0] * (2 * kernels + biases)
