"""Pooling: one number for each window of a sequence, an image or a volume."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import per_axis, spatial
from halflight.nn.layers.window import padding_of, slide

Margins = tuple[int | tuple[int, int], ...]
Windows = tuple[int, int, int]
"""Size, stride and padding before the first, along one axis."""
_ALONE = (1, 1, 0)
"""Along an axis that is not pooled."""


@dataclass(frozen=True)
class _Pass:
    """One call of a 2-D kernel: its images' shapes, without their number, and its windows."""

    x: Shape
    y: Shape
    rows: Windows
    columns: Windows

    @property
    def geometry(self) -> tuple[tuple[int, int], ...]:
        """The kernel's size, strides and padding, each (rows, columns)."""
        return tuple(zip(self.rows, self.columns, strict=True))


@dataclass(eq=False)
class _Pooling(Layer):
    """What all sliding pools share; strides of None mean the pool's own size.

    Besides Keras's "valid" and "same", `padding` may say how many pixels lie before and after each
    axis: an integer, one for each axis, or (before, after) for each. Padded pixels never win a
    maximum and do not count in a mean.

    A volume is pooled in two passes of the 2-D kernels, first each of its images, then along depth:
    the maximum (the first of equal ones included) and the mean of a window both separate so.
    """

    rank: ClassVar[int]

    pool_size: int | tuple[int, ...] = 2
    strides: int | tuple[int, ...] | None = None
    padding: str | int | Margins = "valid"

    def check(self) -> None:
        """Require positive sizes, and padding that no window lies in as a whole."""
        self.pool_size = per_axis(self, "pool_size", self.pool_size, self.rank)
        if self.strides is not None:
            self.strides = per_axis(self, "strides", self.strides, self.rank)
        self.padding = padding_of(self, self.padding, self.rank)

    def build(self, shape: Shape) -> Shape:
        """Find where the windows fall."""
        lengths, channels = spatial(self, shape, self.rank)
        output, windows = self._place(lengths)
        output_shape = (*output, channels)
        if self.rank == 1:
            lengths, output, windows = (1, *lengths), (1, *output), [_ALONE, *windows]
        rows, columns = output[-2:]
        image = _Pass((*lengths[-2:], channels), (rows, columns, channels), *windows[-2:])
        self.passes, self.outputs = [image], [output_shape]
        if self.rank == 3:
            flat = (1, rows * columns * channels)  # what the depth pass leaves apart: channels
            depth = _Pass((lengths[0], *flat), (output[0], *flat), windows[0], _ALONE)
            self.passes = [image, depth]
            self.outputs = [(lengths[0], rows, columns, channels), output_shape]
        self.between = [self.scratch("between", inner) for inner in self.outputs[:-1]]
        return output_shape

    def _place(self, lengths: Shape) -> tuple[Shape, list[Windows]]:
        """How many windows lie along each axis, and where."""
        size = per_axis(self, "pool_size", self.pool_size, self.rank)
        strides = per_axis(self, "strides", self.strides or size, self.rank)
        padding = padding_of(self, self.padding, self.rank)
        window = slide(self, lengths, size, strides, padding)
        return window.output, list(zip(size, strides, window.padding, strict=True))

    def calls(self, x: Array, y: Array) -> Iterator[tuple[_Pass, Array, Array]]:
        """Each pass with what it reads and writes on the way from x to y (or their gradients)."""
        arrays = [x, *(scratch.value for scratch in self.between), y]
        for part, source, target in zip(self.passes, arrays, arrays[1:], strict=False):
            yield part, source.reshape(-1, *part.x), target.reshape(-1, *part.y)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """One operation a pixel of each window."""
        return sum(
            math.prod(output) * math.prod(part.geometry[0])
            for part, output in zip(self.passes, self.outputs, strict=True)
        )


@dataclass(eq=False)
class _MaxPooling(_Pooling):
    """The largest pixel of each window; of equal pixels the first gets the gradient."""

    def build(self, shape: Shape) -> Shape:
        """Keep where each maximum was found."""
        output_shape = super().build(shape)
        self.indices = [
            self.scratch(f"index {i}", output, integer=True)
            for i, output in enumerate(self.outputs)
        ]
        return output_shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the maximum of each window."""
        for (part, source, target), index in zip(self.calls(x, y), self.indices, strict=True):
            won = index.value.reshape(target.shape)
            self.kernels.max_pool2d_forward(target, won, source, *part.geometry)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Send each gradient to the pixel that was the maximum."""
        calls = list(zip(self.calls(dx, dy), self.indices, strict=True))
        for (part, source, target), index in reversed(calls):
            won = index.value.reshape(target.shape)
            self.kernels.max_pool2d_backward(source, target, won, *part.geometry)


@dataclass(eq=False)
class _AveragePooling(_Pooling):
    """The mean of each window's pixels; padding is not counted."""

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the mean of each window."""
        for part, source, target in self.calls(x, y):
            self.kernels.average_pool2d_forward(target, source, *part.geometry)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Share each gradient among the window's pixels."""
        for part, source, target in reversed(list(self.calls(dx, dy))):
            self.kernels.average_pool2d_backward(source, target, *part.geometry)


@dataclass(eq=False)
class MaxPooling1D(_MaxPooling):
    """The largest of each window of a sequence (steps, channels)."""

    rank: ClassVar[int] = 1


@dataclass(eq=False)
class MaxPooling2D(_MaxPooling):
    """The largest pixel of each window of an image (height, width, channels)."""

    rank: ClassVar[int] = 2


@dataclass(eq=False)
class MaxPooling3D(_MaxPooling):
    """The largest pixel of each window of a volume (depth, height, width, channels)."""

    rank: ClassVar[int] = 3


@dataclass(eq=False)
class AveragePooling1D(_AveragePooling):
    """The mean of each window of a sequence (steps, channels)."""

    rank: ClassVar[int] = 1


@dataclass(eq=False)
class AveragePooling2D(_AveragePooling):
    """The mean of each window of an image (height, width, channels)."""

    rank: ClassVar[int] = 2


@dataclass(eq=False)
class AveragePooling3D(_AveragePooling):
    """The mean of each window of a volume (depth, height, width, channels)."""

    rank: ClassVar[int] = 3
