"""Upsampling, zero padding and cropping of volumes (depth, height, width, channels)."""

from dataclasses import dataclass

from halflight.nn.arrays import Array, Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import margins, per_axis, spatial

Edges = tuple[tuple[int, int], ...]
Volume = int | tuple[int, int, int] | Edges


@dataclass(eq=False)
class UpSampling3D(Layer):
    """A volume whose voxels are repeated `size` times along each axis."""

    size: int | tuple[int, int, int] = (2, 2, 2)

    def check(self) -> None:
        """Require positive sizes."""
        self.size = per_axis(self, "size", self.size, 3)  # type: ignore[assignment]

    def build(self, shape: Shape) -> Shape:
        """Multiply the lengths."""
        lengths, channels = spatial(self, shape, 3)
        factors = per_axis(self, "size", self.size, 3)
        return (*(n * factor for n, factor in zip(lengths, factors, strict=True)), channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Repeat every voxel."""
        apart, split = self._apart(x, y)
        self.kernels.broadcast_to(y.reshape(split), x.reshape(apart))

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Add up the gradients of what each voxel became."""
        apart, split = self._apart(dx, dy)
        self.kernels.sum_to(dx.reshape(apart), dy.reshape(split))

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0

    def _apart(self, x: Array, y: Array) -> tuple[Shape, Shape]:
        """Shapes with an axis for the repetitions after each that is repeated."""
        samples, depth, height, width, channels = x.shape
        deep, high, wide = per_axis(self, "size", self.size, 3)
        return (
            (samples, depth, 1, height, 1, width, 1, channels),
            (samples, depth, deep, height, high, width, wide, channels),
        )


class _Margins(Layer):
    """Base of layers that add or remove `edges`: rows and columns plane by plane, then planes."""

    edges: Edges

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0

    def build_planes(self, small: Shape, large: Shape) -> None:
        """Declare room for the smaller volume's planes, as high and wide as the larger one's."""
        self.planes = self.scratch("planes", (small[0], *large[1:]))

    def pad(self, large: Array, small: Array) -> None:
        """Write the smaller volume and zeros around it."""
        (front, _), (top, _), (left, _) = self.edges
        planes = self.planes.value
        self.kernels.pad2d(_images(planes), _images(small), top, left)
        self.kernels.pad2d(_stacked(large), _stacked(planes), front, 0)

    def crop(self, small: Array, large: Array) -> None:
        """Write what lies inside the edges."""
        (front, _), (top, _), (left, _) = self.edges
        planes = self.planes.value
        self.kernels.crop2d(_stacked(planes), _stacked(large), front, 0)
        self.kernels.crop2d(_images(small), _images(planes), top, left)


def _images(volume: Array) -> Array:
    """(n, depth, h, w, c) as (n depth, h, w, c)."""
    samples, depth, *rest = volume.shape
    return volume.reshape((samples * depth, *rest))


def _stacked(volume: Array) -> Array:
    """(n, depth, h, w, c) as images of one column (n, depth, 1, h w c)."""
    samples, depth = volume.shape[:2]
    return volume.reshape((samples, depth, 1, volume.size // (samples * depth)))


@dataclass(eq=False)
class ZeroPadding3D(_Margins):
    """Zeros around a volume: an integer, three of them, or three pairs (before, after)."""

    padding: Volume = (1, 1, 1)

    def check(self) -> None:
        """Require integers of at least 0."""
        self.padding = self.edges = margins(self, "padding", self.padding, 3)

    def build(self, shape: Shape) -> Shape:
        """Add the edges."""
        lengths, channels = spatial(self, shape, 3)
        output = tuple(n + sum(edge) for n, edge in zip(lengths, self.edges, strict=True))
        self.build_planes(shape, (*output, channels))
        return (*output, channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the input and zeros around it."""
        self.pad(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradient inside the edges."""
        self.crop(dx, dy)


@dataclass(eq=False)
class Cropping3D(_Margins):
    """A volume without its edges: an integer, three of them, or three pairs (before, after)."""

    cropping: Volume = ((1, 1), (1, 1), (1, 1))

    def check(self) -> None:
        """Require integers of at least 0."""
        self.cropping = self.edges = margins(self, "cropping", self.cropping, 3)

    def build(self, shape: Shape) -> Shape:
        """Subtract the edges; something must be left."""
        lengths, channels = spatial(self, shape, 3)
        left = tuple(n - sum(edge) for n, edge in zip(lengths, self.edges, strict=True))
        if min(left) < 1:
            raise self.error(f"cropping {self.edges} must leave something of the input", shape)
        self.build_planes((*left, channels), shape)
        return (*left, channels)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write what lies inside the edges."""
        self.crop(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Copy the gradient, zero in the edges."""
        self.pad(dx, dy)
