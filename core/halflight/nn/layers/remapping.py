"""Layers that remap axes linearly: resizing to any length, and padding with what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check, choice
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import margins, sides, spatial
from halflight.nn.layers.resizing import INTERPOLATIONS, Edges

Matrix = NDArray[np.float64]
_MODES = ("reflect", "symmetric", "edge", "wrap")
_ORDERS: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((0, 2, 1), (0, 2, 1)),
    2: ((0, 1, 3, 2), (0, 2, 3, 1), (0, 3, 2, 1)),
}
"""Of the axes before each product and after the last, so that the axis to remap comes last."""


class _Remapping(Layer):
    """Base of layers each of whose axes is a matrix product: out = in @ matrix (length, new)."""

    rank: ClassVar[int]

    # What a subclass writes.

    def matrices(self, lengths: Shape) -> list[Matrix]:
        """Return the matrix of each axis."""
        raise NotImplementedError

    # What all share.

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the matrices are made anew."""
        return super().__getstate__() | {"_placed": None}

    def build(self, shape: Shape) -> Shape:
        """Declare room between the products."""
        lengths, channels = spatial(self, shape, self.rank)
        self._matrices = self.matrices(lengths)[::-1]  # the last axis first
        self._placed: list[Array] | None = None
        self._orders = _ORDERS[self.rank]
        self._rooms = []
        current = shape
        for number, matrix in enumerate(self._matrices):
            current = tuple(current[axis - 1] for axis in self._orders[number][1:])
            moved = self.scratch(f"moved {number}", current)
            current = (*current[:-1], matrix.shape[1])
            self._rooms.append((moved, self.scratch(f"mapped {number}", current)))
        return (*(matrix.shape[1] for matrix in self._matrices[::-1]), channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the remapped axes."""
        for order, matrix, (moved, mapped) in zip(
            self._orders, self._weights(), self._rooms, strict=False
        ):
            self.kernels.permute(moved.value, x, order)
            self.kernels.dense_forward(_rows(mapped.value), _rows(moved.value), matrix, None)
            x = mapped.value
        self.kernels.permute(y, x, self._orders[-1])

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write the gradient: the products with the transposed matrices, the last first."""
        stages = list(zip(self._weights(), self._rooms, self._orders[1:], strict=True))
        for matrix, (moved, mapped), order in stages[::-1]:
            self.kernels.permute(mapped.value, dy, _inverse(order))
            self.kernels.dense_backward_input(_rows(moved.value), _rows(mapped.value), matrix)
            dy = moved.value
        self.kernels.permute(dx, dy, _inverse(self._orders[0]))

    def _weights(self) -> list[Array]:
        """Return the matrices in the back end's memory."""
        if self._placed is None:
            self._placed = [self.kernels.to_device(matrix) for matrix in self._matrices]
        return self._placed

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a product of each row with a matrix."""
        total, rows = 0, int(np.prod(shape))
        for matrix in self._matrices:
            length, new = matrix.shape
            rows = rows // length
            total += 2 * rows * length * new
            rows *= new
        return total


def _rows(array: Array) -> Array:
    return array.reshape((-1, array.shape[-1]))


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(order.index(axis) for axis in range(len(order)))


def picking(index: NDArray[np.intp], length: int) -> Matrix:
    """Return the matrix (length, new) that picks these of `length` places."""
    return (np.arange(length)[:, np.newaxis] == index).astype(np.float64)


def nearest_places(length: int, new: int) -> NDArray[np.intp]:
    """Return the pixel in which each new pixel's centre lies: exact, in integers."""
    return (2 * np.arange(new) + 1) * length // (2 * new)


def _bilinear(length: int, new: int) -> Matrix:
    """Return the matrix that interpolates between centres, constant beyond the outermost."""
    place = np.clip((np.arange(new) + 0.5) * length / new - 0.5, 0.0, length - 1.0)
    before = np.minimum(place.astype(np.intp), max(length - 2, 0))
    part = place - before
    after = np.minimum(before + 1, length - 1)
    return picking(before, length) * (1.0 - part) + picking(after, length) * part


@dataclass(eq=False)
class Resizing(_Remapping):
    """An image (height, width, channels) resized to `height` and `width`, by any factor.

    "bilinear" interpolates between the pixels' centres and keeps the value beyond the outermost
    ones, without smoothing first; "nearest" takes the pixel in which the new centre lies.
    """

    rank: ClassVar[int] = 2

    height: int
    width: int
    interpolation: str = "bilinear"

    def check(self) -> None:
        """Require positive sizes and a known interpolation."""
        check(self, COUNT, "height", "width")
        check(self, choice(*INTERPOLATIONS), "interpolation")

    def matrices(self, lengths: Shape) -> list[Matrix]:
        """Return those of rows and columns."""
        sizes = zip(lengths, (self.height, self.width), strict=True)
        if self.interpolation == "bilinear":
            return [_bilinear(length, new) for length, new in sizes]
        return [picking(nearest_places(length, new), length) for length, new in sizes]


class _Padding(_Remapping):
    """Base of layers that pad with what is there."""

    edges: Edges
    mode: str

    def places(self, lengths: Shape) -> list[NDArray[np.intp]]:
        """Return where the values of each axis come from."""
        found = []
        for length, edge in zip(lengths, self.edges, strict=True):
            most = length - 1 if self.mode == "reflect" else length
            if self.mode != "edge" and max(edge) > most:
                rule = f"padding by {self.mode!r} must be at most {most} of {length} values"
                raise self.error(rule, edge)
            found.append(np.pad(np.arange(length), edge, mode=self.mode))  # type: ignore[call-overload]
        return found

    def matrices(self, lengths: Shape) -> list[Matrix]:
        """Return what picks them."""
        return [picking(index, n) for index, n in zip(self.places(lengths), lengths, strict=True)]


@dataclass(eq=False)
class Padding1D(_Padding):
    """A sequence (steps, channels) continued by `padding`, an integer or (before, after).

    `mode` is "reflect" (c b | a b c | b a), "symmetric" (b a | a b c | c b), "edge" (a a | a b c |
    c c) or "wrap" (b c | a b c | a b), as in NumPy.
    """

    rank: ClassVar[int] = 1

    padding: int | tuple[int, int] = 1
    mode: str = "reflect"

    def check(self) -> None:
        """Require integers of at least 0, and a known mode."""
        self.padding = sides(self, "padding", self.padding)
        check(self, choice(*_MODES), "mode")
        self.edges = (self.padding,)


@dataclass(eq=False)
class Padding2D(_Padding):
    """An image continued on all sides; modes as `Padding1D` has them.

    `padding` is an integer, (rows, columns) or ((top, bottom), (left, right)).
    """

    rank: ClassVar[int] = 2

    padding: int | tuple[int, int] | Edges = (1, 1)
    mode: str = "reflect"

    def check(self) -> None:
        """Require integers of at least 0, and a known mode."""
        self.padding = self.edges = margins(self, "padding", self.padding, 2)
        check(self, choice(*_MODES), "mode")
