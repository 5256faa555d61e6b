"""Merging: several tensors become one, value by value or side by side."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from halflight.nn.arrays import Array, Host, Scratch, Shape
from halflight.nn.checks import Rule, check, is_integer
from halflight.nn.layer import Layer, Tensor


class _Merging(Layer):
    """Base of layers that combine two or more tensors, value by value.

    Shapes broadcast as in Keras: an axis of length 1 is repeated, and a tensor of fewer axes gets
    axes of length 1 after the batch.
    """

    takes_list: ClassVar[bool] = True
    passes_mask: ClassVar[bool] = True

    def mask_of(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Let a step count that counts in any of the tensors, as Keras does."""
        return either(tensors)

    def build(self, shapes: list[Shape]) -> Shape:
        """Require at least two tensors whose shapes broadcast; others' repetitions are scratch."""
        if len(shapes) < 2:
            raise self.error("needs two or more tensors of one shape", shapes)
        output = _broadcast(shapes)
        if output is None:
            raise self.error("needs tensors that broadcasting makes of one shape", shapes)
        self._repeated: list[Scratch | None] = [
            None if shape == output else self.scratch(f"input {number}", output)
            for number, shape in enumerate(shapes)
        ]
        self._slope: Scratch | None = None
        if any(shape != output for shape in shapes):
            self._slope = self.scratch("gradient", output, late=True)
        return output

    # What a subclass writes, for tensors of one shape.

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the output."""
        raise NotImplementedError

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """Write the gradient by the input of that number."""
        raise NotImplementedError

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Repeat what is to be, and merge."""
        whole = self._whole(x)
        for tensor, full, scratch in zip(x, whole, self._repeated, strict=True):
            if scratch is not None:
                self.kernels.broadcast_to(full, _ranked(tensor, full))
        self.merge(y, whole)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Write every gradient; those of what was repeated are sums."""
        whole = self._whole(x)
        for number, (gradient, scratch) in enumerate(zip(dx, self._repeated, strict=True)):
            if gradient is None:
                continue
            if scratch is None:
                self.slope(gradient, number, dy, whole, y)
                continue
            assert self._slope is not None
            self.slope(self._slope.value, number, dy, whole, y)
            self.kernels.sum_to(_ranked(gradient, self._slope.value), self._slope.value)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """One operation a value and further tensor."""
        return (len(shape) - 1) * math.prod(output_shape)

    def _whole(self, x: list[Array]) -> list[Array]:
        """The inputs at the output's shape, once `forward` has repeated them."""
        return [
            tensor if scratch is None else scratch.value
            for tensor, scratch in zip(x, self._repeated, strict=True)
        ]


def either(tensors: Sequence[Tensor]) -> Tensor | None:
    """Return the mask of steps that count in any of the tensors; None where one has no mask."""
    masks: list[Tensor] = []
    for tensor in tensors:
        if tensor.mask is None:
            return None
        if not any(tensor.mask is mask for mask in masks):
            masks.append(tensor.mask)
    return masks[0] if len(masks) == 1 else Maximum()(masks)


def _broadcast(shapes: list[Shape]) -> Shape | None:
    """Return the shape that all of them broadcast to, if there is one."""
    rank = max(map(len, shapes))
    aligned = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    lengths = [{n for n in axis if n != 1} or {1} for axis in zip(*aligned, strict=True)]
    return tuple(max(axis) for axis in lengths) if all(len(axis) == 1 for axis in lengths) else None


def _ranked(array: Array, full: Array) -> Array:
    """The array with as many axes as `full`: those that it lacks come after the batch."""
    samples, *lengths = array.shape
    return array.reshape((samples, *[1] * (full.ndim - array.ndim), *lengths))


def _fold(kernel: Callable[..., None], y: Array, x: list[Array]) -> None:
    """Write y = x[0] o x[1] o x[2] ..., from left to right."""
    kernel(y, x[0], x[1])
    for further in x[2:]:
        kernel(y, y, further)


@dataclass(eq=False)
class Add(_Merging):
    """The sum of tensors."""

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the sum."""
        _fold(self.kernels.add_forward, y, x)

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """Every term gets the whole gradient."""
        self.kernels.copy(dx, dy)


@dataclass(eq=False)
class Subtract(_Merging):
    """The first of two tensors minus the second."""

    def build(self, shapes: list[Shape]) -> Shape:
        """Require exactly two tensors."""
        if len(shapes) != 2:
            raise self.error("needs exactly two tensors", shapes)
        return super().build(shapes)

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the difference."""
        self.kernels.subtract_forward(y, *x)

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """The first tensor gets the gradient, the second its negative."""
        self.kernels.copy(dx, dy)
        if number == 1:
            self.kernels.scale(dx.reshape(-1), -1.0)


@dataclass(eq=False)
class Multiply(_Merging):
    """The product of tensors, value by value."""

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the product."""
        _fold(self.kernels.multiply_forward, y, x)

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """Every factor gets the gradient times all other factors."""
        _fold(self.kernels.multiply_forward, dx, [dy, *x[:number], *x[number + 1 :]])


@dataclass(eq=False)
class Average(_Merging):
    """The mean of tensors."""

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the mean."""
        _fold(self.kernels.add_forward, y, x)
        self.kernels.scale(y.reshape(-1), 1.0 / len(x))

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Every tensor gets its share of the gradient."""
        self.kernels.scale(dy.reshape(-1), 1.0 / len(x))
        super().backward(dx, dy, x, y)

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """The share is in dy already."""
        self.kernels.copy(dx, dy)


class _Extremum(_Merging):
    """Base of Maximum and Minimum: of equal tensors the first gets the gradient."""

    always_writes_dx: ClassVar[bool] = True  # a tensor takes its part of dy away from the next

    def slope(self, dx: Array, number: int, dy: Array, x: list[Array], y: Array) -> None:
        """Send each gradient to the first tensor whose value came through."""
        self.kernels.extremum_backward(dx, dy, x[number], y)


@dataclass(eq=False)
class Maximum(_Extremum):
    """The largest of tensors, value by value."""

    makes_masks: ClassVar[bool] = True

    def on_host(self, x: Sequence[Host]) -> Host:
        """Return the maximum of arrays of the host, which are of one shape."""
        return np.maximum.reduce(list(x))

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the maximum."""
        _fold(self.kernels.maximum_forward, y, x)


@dataclass(eq=False)
class Minimum(_Extremum):
    """The smallest of tensors, value by value."""

    def merge(self, y: Array, x: list[Array]) -> None:
        """Write the minimum."""
        _fold(self.kernels.minimum_forward, y, x)


_AXIS = Rule("an integer other than 0, the batch", lambda axis: is_integer(axis) and axis != 0)


@dataclass(eq=False)
class Concatenate(Layer):
    """Tensors side by side along one axis; axis 0 would be the batch, -1 is the last."""

    takes_list: ClassVar[bool] = True
    makes_masks: ClassVar[bool] = True
    passes_mask: ClassVar[bool] = True

    axis: int = -1

    def mask_of(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Put masks side by side along time; otherwise a step counts that counts in any tensor."""
        masks = [tensor.mask for tensor in tensors]
        along_time = self.axis in (1, -len(tensors[0].shape))
        if not along_time or not any(masks):
            return either(tensors)
        if not all(masks):
            raise self.error("along time needs a mask of every tensor, or of none", self.axis)
        return Concatenate()([mask for mask in masks if mask])

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return that mask."""
        return mask

    def on_host(self, x: Sequence[Host]) -> Host:
        """Return masks of the host side by side."""
        return np.concatenate(list(x), axis=-1)

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
