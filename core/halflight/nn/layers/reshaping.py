"""The same values in another shape or order, repeated, or on another scale."""

import math
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, FINITE, check, integers
from halflight.nn.layer import Layer

_LARGEST_RANK = 5  # the permute kernel's 6 axes without the batch


class _Moved(Layer):
    """Base of layers that compute nothing."""

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0


class _Reshaped(_Moved):
    """Base of layers that keep the order of the values."""

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Copy the values in order."""
        self.kernels.copy(y, x.reshape(y.shape))

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradients back."""
        self.kernels.copy(dx, dy.reshape(dx.shape))


@dataclass(eq=False)
class Flatten(_Reshaped):
    """(height, width, channels) -> (height * width * channels,), the last axis fastest."""

    def build(self, shape: Shape) -> Shape:
        """Multiply the axes."""
        return (math.prod(shape),)


_LENGTHS = "a tuple of positive integers, one -1"


@dataclass(eq=False)
class Reshape(_Reshaped):
    """The values in order, in `target_shape` (without the batch axis); one axis may be -1."""

    target_shape: tuple[int, ...]

    def check(self) -> None:
        """Require positive lengths, all but one at most."""
        check(self, integers(_LENGTHS, least=-1), "target_shape")
        if 0 in self.target_shape or self.target_shape.count(-1) > 1:
            raise self.error(f"target_shape must be {_LENGTHS}", self.target_shape)

    def build(self, shape: Shape) -> Shape:
        """Let the axis of -1 hold what the others leave."""
        size, known = math.prod(shape), abs(math.prod(self.target_shape))
        output_shape = tuple(size // known if n == -1 else n for n in self.target_shape)
        if math.prod(output_shape) != size:
            raise self.error(f"target_shape {self.target_shape} must hold {size} values", shape)
        return output_shape


@dataclass(eq=False)
class Permute(_Moved):
    """The axes in another order: axis i of the output is axis dims[i] of the input, from 1."""

    dims: tuple[int, ...]

    def check(self) -> None:
        """Require every axis once."""
        rule = f"1, 2, ... once each, {_LARGEST_RANK} axes at most"
        check(self, integers(rule), "dims")
        rank = len(self.dims)
        if rank > _LARGEST_RANK or sorted(self.dims) != list(range(1, rank + 1)):
            raise self.error(f"dims must be {rule}", self.dims)

    def build(self, shape: Shape) -> Shape:
        """Permute the lengths."""
        if len(shape) != len(self.dims):
            raise self.error(f"dims {self.dims} need as many axes", shape)
        self.axes = (0, *self.dims)
        self.inverse = tuple(self.axes.index(axis) for axis in range(len(self.axes)))
        return tuple(shape[axis - 1] for axis in self.dims)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Copy the values in the new order."""
        self.kernels.permute(y, x, self.axes)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradients in the old order."""
        self.kernels.permute(dx, dy, self.inverse)


@dataclass(eq=False)
class RepeatVector(_Moved):
    """A vector (features,) `n` times: (n, features)."""

    n: int

    def check(self) -> None:
        """Require a positive number."""
        check(self, COUNT, "n")

    def build(self, shape: Shape) -> Shape:
        """Require a vector."""
        if len(shape) != 1:
            raise self.error("needs a vector (features,)", shape)
        return self.n, *shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Copy the vector to every step."""
        self.kernels.broadcast_to(y, x.reshape((x.shape[0], 1, x.shape[1])))

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Add the steps' gradients."""
        self.kernels.sum_to(dx.reshape((dx.shape[0], 1, dx.shape[1])), dy)


@dataclass(eq=False)
class Rescaling(_Moved):
    """scale * x + offset, such as Rescaling(1 / 255) for bytes."""

    passes_mask: ClassVar[bool] = True

    scale: float
    offset: float = 0.0

    def check(self) -> None:
        """Require finite numbers."""
        check(self, FINITE, "scale", "offset")

    def build(self, shape: Shape) -> Shape:
        """Declare room for the offset, if there is one."""
        if self.offset:
            self.offsets = self.scratch("offsets", shape[-1:], per_sample=False)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y."""
        self.kernels.copy(y, x)
        self.kernels.scale(y.reshape(y.size), self.scale)
        if self.offset:
            self.kernels.fill(self.offsets.value, self.offset)
            self.kernels.bias_forward(y, self.offsets.value)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Scale the gradient."""
        self.kernels.copy(dx, dy)
        self.kernels.scale(dx.reshape(dx.size), self.scale)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One operation a value, and one for an offset."""
        return math.prod(output_shape) * (1 + bool(self.offset))
