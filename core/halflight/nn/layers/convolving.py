"""Convolving: the base of all convolution layers, which says where their windows lie."""

from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.axes import per_axis, spatial
from halflight.nn.layers.window import Axes, Margins, padding_of, slide

Sizes = int | tuple[int, ...]
"""One integer for each axis of the image, or one for all."""
Padding = str | int | tuple[int | tuple[int, int], ...]
"""A name, or zeros to add: one integer, or an integer or (before, after) for each axis."""


class Convolving(Layer):
    """Base of layers that slide windows over sequences, images or volumes, channels last.

    A sequence (length, channels) is given to the kernels as an image of one row.
    """

    axes: ClassVar[int]
    kernel_size: Sizes
    strides: Sizes
    padding: Padding
    dilation_rate: Sizes

    def check_windows(self) -> None:
        """Require one positive size for each axis; strides exclude dilation, as in Keras."""
        self.kernel_size = self.lengths("kernel_size")
        self.strides = self.lengths("strides")
        self.dilation_rate = self.lengths("dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise self.error(
                "strides above 1 exclude a dilation_rate above 1",
                {"strides": self.strides, "dilation_rate": self.dilation_rate},
            )

    def lengths(self, argument: str) -> Axes:
        """The argument of that name, one integer for each axis."""
        return per_axis(self, argument, getattr(self, argument), self.axes)

    def margins(self) -> str | Margins:
        """The padding, by name or as (before, after) for each axis; only sequences have causes."""
        return padding_of(self, self.padding, self.axes, causal=self.axes == 1)

    def slide(self, shape: Shape) -> tuple[Shape, int]:
        """Place the windows on inputs of `shape`; return the output's axes, and channels in."""
        image, channels = spatial(self, shape, self.axes)
        size, strides, dilation = map(self.lengths, ("kernel_size", "strides", "dilation_rate"))
        window = slide(self, image, size, strides, self.margins(), dilation)
        self.place(window.padding)
        return window.output, channels

    def place(self, padding: Axes) -> None:
        """Keep strides, padding before and dilation as the kernels take them."""
        strides, dilation = self.lengths("strides"), self.lengths("dilation_rate")
        row = self.axes == 1
        self.geometry = (
            (1, *strides) if row else strides,
            (0, *padding) if row else padding,
            (1, *dilation) if row else dilation,
        )

    def images(self, array: Array) -> Array:
        """Sequences (n, length, c) as images (n, 1, length, c); images as they are."""
        return array.reshape(array.shape[0], 1, *array.shape[1:]) if self.axes == 1 else array

    def taps(self, array: Array) -> Array:
        """The weights of sequences as those of images; others as they are."""
        return array.reshape(1, *array.shape) if self.axes == 1 else array
