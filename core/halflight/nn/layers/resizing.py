"""Upsampling, zero padding and cropping of sequences and images."""

import math
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import COUNT, check
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import margins, pair, sides, spatial

INTERPOLATIONS = ("nearest", "bilinear")
Edges = tuple[tuple[int, int], ...]


def _image(array: Array) -> Array:
    """An image batch as it is, and (batch, steps, channels) as images of one column."""
    return array.reshape(array.shape[0], array.shape[1], -1, array.shape[-1])


class _UpSampling(Layer):
    """Base of layers that enlarge `factors` times."""

    rank: ClassVar[int]
    interpolation: str = "nearest"
    factors: tuple[int, int]

    def build(self, shape: Shape) -> Shape:
        """Multiply the lengths."""
        lengths, channels = spatial(self, shape, self.rank)
        output = (n * factor for n, factor in zip(lengths, self.factors, strict=False))
        return (*output, channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the enlarged image."""
        kernel = getattr(self.kernels, f"upsample2d_{self.interpolation}_forward")
        kernel(_image(y), _image(x), self.factors)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Add up the gradients of what each pixel became."""
        kernel = getattr(self.kernels, f"upsample2d_{self.interpolation}_backward")
        kernel(_image(dx), _image(dy), self.factors)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Three linear interpolations of three operations a pixel; copies are not counted."""
        return 9 * math.prod(output_shape) if self.interpolation == "bilinear" else 0


@dataclass(eq=False)
class UpSampling1D(_UpSampling):
    """Every step of a sequence (steps, channels) repeated `size` times."""

    rank: ClassVar[int] = 1

    size: int = 2

    def check(self) -> None:
        """Require a positive size."""
        check(self, COUNT, "size")
        self.factors = (self.size, 1)


@dataclass(eq=False)
class UpSampling2D(_UpSampling):
    """An image `size` times as high and wide.

    "nearest" repeats pixels; "bilinear" interpolates between their centres and keeps the value
    beyond the outermost ones.
    """

    rank: ClassVar[int] = 2

    size: int | tuple[int, int] = (2, 2)
    interpolation: str = "nearest"

    def check(self) -> None:
        """Require positive sizes and a known interpolation."""
        self.size = self.factors = pair(self, "size", self.size)
        if self.interpolation not in INTERPOLATIONS:
            raise self.error('interpolation must be "nearest" or "bilinear"', self.interpolation)


class _Margins(Layer):
    """Base of layers that add or remove `edges`, (before, after) for each axis."""

    rank: ClassVar[int]
    edges: Edges

    @property
    def corner(self) -> tuple[int, int]:
        """The first row and column of the smaller image in the larger."""
        return self.edges[0][0], self.edges[1][0] if self.rank == 2 else 0

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0


class _ZeroPadding(_Margins):
    """Base of layers that put zeros around."""

    def build(self, shape: Shape) -> Shape:
        """Add the edges."""
        lengths, channels = spatial(self, shape, self.rank)
        return (*(n + sum(edge) for n, edge in zip(lengths, self.edges, strict=True)), channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the input and zeros around it."""
        self.kernels.pad2d(_image(y), _image(x), *self.corner)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradient inside the edges."""
        self.kernels.crop2d(_image(dx), _image(dy), *self.corner)


@dataclass(eq=False)
class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after a sequence (steps, channels); `padding` an integer or both."""

    rank: ClassVar[int] = 1

    padding: int | tuple[int, int] = 1

    def check(self) -> None:
        """Require integers of at least 0."""
        self.padding = sides(self, "padding", self.padding)
        self.edges = (self.padding,)


@dataclass(eq=False)
class ZeroPadding2D(_ZeroPadding):
    """Zeros around an image.

    `padding` is an integer, (rows, columns) or ((top, bottom), (left, right)).
    """

    rank: ClassVar[int] = 2

    padding: int | tuple[int, int] | Edges = (1, 1)

    def check(self) -> None:
        """Require integers of at least 0."""
        self.padding = self.edges = margins(self, "padding", self.padding, 2)


class _Cropping(_Margins):
    """Base of layers that cut edges off."""

    def build(self, shape: Shape) -> Shape:
        """Subtract the edges; something must be left."""
        lengths, channels = spatial(self, shape, self.rank)
        left = tuple(n - sum(edge) for n, edge in zip(lengths, self.edges, strict=True))
        if min(left) < 1:
            raise self.error(f"cropping {self.edges} must leave something of the input", shape)
        return (*left, channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write what lies inside the edges."""
        self.kernels.crop2d(_image(y), _image(x), *self.corner)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradient, zero in the edges."""
        self.kernels.pad2d(_image(dx), _image(dy), *self.corner)


@dataclass(eq=False)
class Cropping1D(_Cropping):
    """A sequence (steps, channels) without its first and last; `cropping` an integer or both."""

    rank: ClassVar[int] = 1

    cropping: int | tuple[int, int] = (1, 1)

    def check(self) -> None:
        """Require integers of at least 0."""
        self.cropping = sides(self, "cropping", self.cropping)
        self.edges = (self.cropping,)


@dataclass(eq=False)
class CenterCrop(_Cropping):
    """The middle of an image, `height` times `width`; an odd pixel is cut off at the end."""

    rank: ClassVar[int] = 2

    height: int
    width: int

    def check(self) -> None:
        """Require positive sizes."""
        check(self, COUNT, "height", "width")

    def build(self, shape: Shape) -> Shape:
        """Find the edges; the image must be as large at least."""
        lengths, _ = spatial(self, shape, 2)
        spare = [n - left for n, left in zip(lengths, (self.height, self.width), strict=True)]
        if min(spare) < 0:
            raise self.error(f"needs an image of at least {self.height} x {self.width}", shape)
        self.edges = tuple((most // 2, most - most // 2) for most in spare)
        return super().build(shape)


@dataclass(eq=False)
class Cropping2D(_Cropping):
    """An image without its edges.

    `cropping` is an integer, (rows, columns) or ((top, bottom), (left, right)).
    """

    rank: ClassVar[int] = 2

    cropping: int | tuple[int, int] | Edges = ((0, 0), (0, 0))

    def check(self) -> None:
        """Require integers of at least 0."""
        self.cropping = self.edges = margins(self, "cropping", self.cropping, 2)
