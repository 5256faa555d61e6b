"""Add and Concatenate: several tensors become one."""

import math
from dataclasses import dataclass
from typing import ClassVar

from core.nn.layer import Array, Layer, Shape


@dataclass(eq=False)
class Add(Layer):
    """The sum of tensors of one shape."""

    takes_list: ClassVar[bool] = True

    def build(self, shapes: list[Shape]) -> Shape:
        """Require at least two tensors of one shape."""
        if len(shapes) < 2 or any(shape != shapes[0] for shape in shapes):
            raise self.error("needs two or more tensors of one shape", shapes)
        return shapes[0]

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the sum."""
        self.kernels.add_forward(y, x[0], x[1])
        for term in x[2:]:
            self.kernels.add_forward(y, y, term)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Every term gets the whole gradient."""
        for gradient in dx:
            if gradient is not None:
                self.kernels.copy(gradient, dy)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """One addition a value and further term."""
        return (len(shape) - 1) * math.prod(output_shape)


@dataclass(eq=False)
class Concatenate(Layer):
    """Tensors side by side along the last axis."""

    takes_list: ClassVar[bool] = True

    def build(self, shapes: list[Shape]) -> Shape:
        """Require tensors that differ in their last axis alone."""
        if len(shapes) < 2 or any(shape[:-1] != shapes[0][:-1] for shape in shapes):
            raise self.error("needs two or more tensors equal in all axes but the last", shapes)
        self.offsets = [sum(shape[-1] for shape in shapes[:i]) for i in range(len(shapes))]
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Copy every part to its place."""
        for offset, part in zip(self.offsets, x, strict=True):
            self.kernels.concatenate_forward(y, offset, part)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Copy every part's gradient back."""
        for offset, gradient in zip(self.offsets, dx, strict=True):
            if gradient is not None:
                self.kernels.concatenate_backward(gradient, dy, offset)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0
