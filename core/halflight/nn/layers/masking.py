"""Masking: steps of a sequence that are there to fill it up, and how layers know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.checks import BOOLEAN, FINITE, check
from halflight.nn.layer import Layer, Tensor


@dataclass(eq=False)
class NotEqual(Layer):
    """1 for every step that differs from `value` in any of its numbers, 0 for others: a mask.

    (time, ...) -> (time,). With `integers` it is called on an Input (time,) of dtype "int32".
    `Masking` and `Embedding(mask_zero=True)` put it into the graph. It has no gradient.
    """

    value: float = 0.0
    integers: bool = False

    has_gradient: ClassVar[bool] = False
    makes_masks: ClassVar[bool] = True

    def check(self) -> None:
        """Require a finite value, and a flag."""
        check(self, FINITE, "value")
        check(self, BOOLEAN, "integers")
        if self.integers and not float(self.value).is_integer():
            raise self.error("value must be an integer for integers", self.value)

    @property
    def takes_integers(self) -> bool:  # type: ignore[override]
        """Whether it is called on integers."""
        return self.integers

    def build(self, shape: Shape) -> Shape:
        """Keep the steps."""
        if self.integers and len(shape) != 1:
            raise self.error("needs one integer a step, (time,)", shape)
        if not self.integers and len(shape) < 2:
            raise self.error("needs a sequence (time, ...)", shape)
        return shape[:1]

    def mask_of(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Look at all steps."""
        return None

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write 1 and 0."""
        if self.integers:
            self.kernels.unequal_index(y, x, int(self.value))
        else:
            self.kernels.unequal_any(y, _steps(x), self.value)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write zeros: a little changes nothing."""
        if dx is not None:
            self.kernels.fill(dx, 0.0)

    def on_host(self, x: Sequence[Host]) -> Host:
        """Return the mask of arrays of the host."""
        differs = x[0] != np.asarray(self.value, x[0].dtype)
        return np.asarray(differs.reshape((*differs.shape[:2], -1)).any(axis=-1))


@dataclass(eq=False)
class Masking(Layer):
    """Steps all of whose values are `mask_value` do not count: in what follows they are left out.

    (time, ...) as it was, with zeros where a step does not count.
    """

    mask_value: float = 0.0

    def check(self) -> None:
        """Require a finite value."""
        check(self, FINITE, "mask_value")

    def build(self, shape: Shape) -> Shape:
        """Declare room for the mask."""
        if len(shape) < 2:
            raise self.error("needs a sequence (time, ...)", shape)
        self.counts = self.scratch("counts", shape[:1])
        return shape

    def mask_of(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Begin anew: an earlier mask counts no more."""
        return None

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return which steps differ."""
        return NotEqual(self.mask_value)(tensors[0])

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the steps that count, and zeros."""
        self.kernels.unequal_any(self.counts.value, _steps(x), self.mask_value)
        self.kernels.clear_steps(_steps(y), _steps(x), self.counts.value)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Pass the gradient of the steps that count on."""
        self.kernels.clear_steps(_steps(dx), _steps(dy), self.counts.value)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0


def _steps(array: Array) -> Array:
    """A view as (samples, time, values)."""
    return array.reshape((array.shape[0], array.shape[1], -1))
