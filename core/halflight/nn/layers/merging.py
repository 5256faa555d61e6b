"""Merging: several tensors become one, value by value or side by side."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import Rule, check, is_integer
from halflight.nn.layer import Layer


class _Merging(Layer):
    """Base of layers that combine two or more tensors of one shape, value by value."""

    takes_list: ClassVar[bool] = True

    def build(self, shapes: list[Shape]) -> Shape:
        """Require at least two tensors of one shape."""
        if len(shapes) < 2 or any(shape != shapes[0] for shape in shapes):
            raise self.error("needs two or more tensors of one shape", shapes)
        return shapes[0]

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """One operation a value and further tensor."""
        return (len(shape) - 1) * math.prod(output_shape)


def _fold(kernel: Callable[..., None], y: Array, x: list[Array]) -> None:
    """Write y = x[0] o x[1] o x[2] ..., from left to right."""
    kernel(y, x[0], x[1])
    for further in x[2:]:
        kernel(y, y, further)


@dataclass(eq=False)
class Add(_Merging):
    """The sum of tensors of one shape."""

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the sum."""
        _fold(self.kernels.add_forward, y, x)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Every term gets the whole gradient."""
        for gradient in dx:
            if gradient is not None:
                self.kernels.copy(gradient, dy)


@dataclass(eq=False)
class Subtract(_Merging):
    """The first of two tensors minus the second."""

    def build(self, shapes: list[Shape]) -> Shape:
        """Require exactly two tensors of one shape."""
        if len(shapes) != 2:
            raise self.error("needs exactly two tensors", shapes)
        return super().build(shapes)

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the difference."""
        self.kernels.subtract_forward(y, *x)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """The first tensor gets the gradient, the second its negative."""
        if dx[0] is not None:
            self.kernels.copy(dx[0], dy)
        if dx[1] is not None:
            self.kernels.copy(dx[1], dy)
            self.kernels.scale(dx[1].reshape(-1), -1.0)


@dataclass(eq=False)
class Multiply(_Merging):
    """The product of tensors of one shape, value by value."""

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the product."""
        _fold(self.kernels.multiply_forward, y, x)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Every factor gets the gradient times all other factors."""
        for i, gradient in enumerate(dx):
            if gradient is not None:
                _fold(self.kernels.multiply_forward, gradient, [dy, *x[:i], *x[i + 1 :]])


@dataclass(eq=False)
class Average(_Merging):
    """The mean of tensors of one shape."""

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the mean."""
        _fold(self.kernels.add_forward, y, x)
        self.kernels.scale(y.reshape(-1), 1.0 / len(x))

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Every tensor gets its share of the gradient."""
        self.kernels.scale(dy.reshape(-1), 1.0 / len(x))
        for gradient in dx:
            if gradient is not None:
                self.kernels.copy(gradient, dy)


class _Extremum(_Merging):
    """Base of Maximum and Minimum: of equal tensors the first gets the gradient."""

    always_writes_dx: ClassVar[bool] = True  # a tensor takes its part of dy away from the next

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Send each gradient to the first tensor whose value came through."""
        for gradient, tensor in zip(dx, x, strict=True):
            self.kernels.extremum_backward(gradient, dy, tensor, y)


@dataclass(eq=False)
class Maximum(_Extremum):
    """The largest of tensors of one shape, value by value."""

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the maximum."""
        _fold(self.kernels.maximum_forward, y, x)


@dataclass(eq=False)
class Minimum(_Extremum):
    """The smallest of tensors of one shape, value by value."""

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the minimum."""
        _fold(self.kernels.minimum_forward, y, x)


_AXIS = Rule("an integer other than 0, the batch", lambda axis: is_integer(axis) and axis != 0)


@dataclass(eq=False)
class Concatenate(Layer):
    """Tensors side by side along one axis; axis 0 would be the batch, -1 is the last."""

    takes_list: ClassVar[bool] = True

    axis: int = -1

    def check(self) -> None:
        """Require an integer that is not the batch axis."""
        check(self, _AXIS, "axis")

    def build(self, shapes: list[Shape]) -> Shape:
        """Require tensors that differ along the axis alone."""
        rank = len(shapes[0])
        axis = self.axis - 1 if self.axis > 0 else self.axis + rank  # without the batch
        if not 0 <= axis < rank:
            raise self.error(f"axis {self.axis} must be an axis of the tensors", shapes)
        rests = [(len(shape), shape[:axis], shape[axis + 1 :]) for shape in shapes]
        if len(shapes) < 2 or any(rest != rests[0] for rest in rests):
            rule = f"needs two or more tensors equal in all axes but axis {self.axis}"
            raise self.error(rule, shapes)
        self.inner = [math.prod(shape[axis:]) for shape in shapes]
        self.offsets = [sum(self.inner[:i]) for i in range(len(shapes))]
        return (*shapes[0][:axis], sum(s[axis] for s in shapes), *shapes[0][axis + 1 :])

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Copy every part to its place."""
        whole = y.reshape(-1, sum(self.inner))
        for offset, inner, part in zip(self.offsets, self.inner, x, strict=True):
            self.kernels.concatenate_forward(whole, offset, part.reshape(-1, inner))

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Copy every part's gradient back."""
        whole = dy.reshape(-1, sum(self.inner))
        for offset, inner, gradient in zip(self.offsets, self.inner, dx, strict=True):
            if gradient is not None:
                self.kernels.concatenate_backward(gradient.reshape(-1, inner), whole, offset)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0
