"""Dot, and the products of stacked matrices that attention is made of."""

import math
from dataclasses import dataclass
from typing import ClassVar

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import as_python, is_integer
from halflight.nn.layer import Layer


@dataclass(frozen=True)
class Product:
    """y = a b for stacks of matrices (n, rows, columns), either factor transposed before."""

    transpose_a: bool = False
    transpose_b: bool = False

    def forward(self, kernels: Backend, y: Array, a: Array, b: Array) -> None:
        """Write y."""
        kernels.multiply_matrices(y, a, b, self.transpose_a, self.transpose_b)

    def backward_a(self, kernels: Backend, da: Array, dy: Array, b: Array) -> None:
        """Write the gradient by a."""
        if self.transpose_a:
            kernels.multiply_matrices(da, b, dy, self.transpose_b, True)
        else:
            kernels.multiply_matrices(da, dy, b, False, not self.transpose_b)

    def backward_b(self, kernels: Backend, db: Array, dy: Array, a: Array) -> None:
        """Write the gradient by b."""
        if self.transpose_b:
            kernels.multiply_matrices(db, dy, a, True, self.transpose_a)
        else:
            kernels.multiply_matrices(db, a, dy, not self.transpose_a, False)


@dataclass(eq=False)
class Dot(Layer):
    """The sum of products of two tensors along one axis of each, for every sample.

    `axes` counts the batch as 0; each must be the first or the last of its tensor's other axes. The
    output has the other axes of the first tensor, then those of the second, or one number. Keras's
    `normalize` is a `UnitNormalization` of each before.
    """

    axes: int | tuple[int, int]

    takes_list: ClassVar[bool] = True

    def check(self) -> None:
        """Require an axis of each, not the batch."""
        given = as_python(self.axes)
        pair = (given, given) if is_integer(given) else given
        if (
            not isinstance(pair, tuple | list)
            or len(pair) != 2
            or not all(is_integer(axis) and axis != 0 for axis in pair)
        ):
            raise self.error("axes must be an integer or a pair of them, none the batch", self.axes)
        self.axes = given if is_integer(given) else tuple(pair)

    def build(self, shapes: list[Shape]) -> Shape:
        """Require two tensors that fit, and see them as matrices."""
        if len(shapes) != 2:
            raise self.error("needs exactly two tensors", shapes)
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        places = [
            (axis + len(shape) if axis < 0 else axis - 1)
            for axis, shape in zip(pair, shapes, strict=True)
        ]
        for place, shape in zip(places, shapes, strict=True):
            if place not in (0, len(shape) - 1):
                raise self.error("axes must be the first or last of each tensor's", shapes)
        lengths = {shape[place] for place, shape in zip(places, shapes, strict=True)}
        if len(lengths) != 1:
            raise self.error(f"axes {self.axes} must be of one length", shapes)
        (self.depth,) = lengths
        first, second = places[0] != len(shapes[0]) - 1, places[1] != 0
        self.product = Product(transpose_a=first, transpose_b=second)
        self.transposed = (first, second)
        rest = [shape[:p] + shape[p + 1 :] for p, shape in zip(places, shapes, strict=True)]
        self.sizes = [math.prod(lengths) for lengths in rest]
        return (*rest[0], *rest[1]) or (1,)

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the products."""
        a, b, out = self._matrices(x, y)
        self.product.forward(self.kernels, out, a, b)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Write both gradients."""
        a, b, slopes = self._matrices(x, dy)
        if dx[0] is not None:
            self.product.backward_a(self.kernels, dx[0].reshape(a.shape), slopes, b)
        if dx[1] is not None:
            self.product.backward_b(self.kernels, dx[1].reshape(b.shape), slopes, a)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Two operations a product."""
        return 2 * self.depth * math.prod(output_shape)

    def _matrices(self, x: list[Array], y: Array) -> tuple[Array, Array, Array]:
        samples, (rows, columns) = y.shape[0], self.sizes
        a = (samples, self.depth, rows) if self.transposed[0] else (samples, rows, self.depth)
        b = (samples, columns, self.depth) if self.transposed[1] else (samples, self.depth, columns)
        return x[0].reshape(a), x[1].reshape(b), y.reshape((samples, rows, columns))
