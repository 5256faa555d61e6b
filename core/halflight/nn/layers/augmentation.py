"""Augmentation of images in training, exactly: turned, mirrored, moved, or without channels."""

import itertools
from dataclasses import dataclass
from typing import Any

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import SHARE, as_python, check, choice, is_number
from halflight.nn.layers.axes import image
from halflight.nn.layers.regularization import Random, positions

# Orientations as the kernels count them: modulo 4 quarter turns, from 4 on mirrored first.
FLIPS = {"horizontal": (0, 4), "vertical": (0, 6), "horizontal_and_vertical": (0, 2, 4, 6)}


class _Augmentation(Random):
    """Base of layers that move each image's pixels; inference copies.

    What happens to a sample follows from seed, training step and the sample's place in the batch.
    Two layers with the same arguments and the same seed therefore do the same to two inputs of a
    model, as an image and its PSF need.
    """

    def build(self, shape: Shape) -> Shape:
        """Require an image."""
        image(self, shape)
        return shape

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0


class _Orienting(_Augmentation):
    """Base of layers that draw one of `orientations` for each image."""

    orientations: tuple[int, ...]

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, each image in an orientation of its own where training."""
        if training:
            self.kernels.random_orientation_forward(y, x, self.orientations, *self.random)
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Turn the gradient back."""
        self.kernels.random_orientation_backward(dx, dy, self.orientations, *self.random)


@dataclass(eq=False)
class RandomFlip(_Orienting):
    """Mirrors each image or not, with equal chances.

    `mode` is "horizontal" (left and right change places), "vertical" (top and bottom do), or
    "horizontal_and_vertical": each of the two or not, so four cases.
    """

    mode: str = "horizontal_and_vertical"
    seed: int | None = None

    def check(self) -> None:
        """Require a known mode."""
        check(self, choice(*FLIPS), "mode")
        self.orientations = FLIPS[self.mode]
        self.check_seed()


@dataclass(eq=False)
class RandomOrientation(_Orienting):
    """Turns each square image by a multiple of 90 degrees and mirrors it or not: 8 equal chances.

    Not in Keras, whose RandomRotation interpolates between pixels.
    """

    seed: int | None = None

    def check(self) -> None:
        """Require a seed that fits."""
        self.orientations = tuple(range(8))
        self.check_seed()

    def build(self, shape: Shape) -> Shape:
        """Require a square image."""
        height, width, _ = image(self, shape)
        if height != width:
            raise self.error("turns square images alone", shape)
        return shape


@dataclass(eq=False)
class RandomTranslation(_Augmentation):
    """Moves each image by whole pixels; zeros enter, which is the sky of sky-subtracted stamps.

    height_factor, width_factor : shares of the height (down where positive) and the width (to the
        right), each a pair (lower, upper) within -1 to 1, or one number f for (-f, f). Both limits
        are rounded to whole pixels, and all shifts from one to the other are equally likely.
    fill_mode, interpolation : "constant" and "nearest" alone, of what Keras knows: other modes
        invent light beyond the edge (Keras's default does), or mix pixels and so correlate noise.
    """

    height_factor: float | tuple[float, float]
    width_factor: float | tuple[float, float]
    fill_mode: str = "constant"
    interpolation: str = "nearest"
    seed: int | None = None

    def check(self) -> None:
        """Require factors that are ordered and within -1 to 1."""
        self.height_factor = self._limits("height_factor", self.height_factor)
        self.width_factor = self._limits("width_factor", self.width_factor)
        if self.fill_mode != "constant":
            raise self.error('fill_mode must be "constant": zeros enter', self.fill_mode)
        if self.interpolation != "nearest":
            raise self.error('interpolation must be "nearest": whole pixels', self.interpolation)
        self.check_seed()

    def build(self, shape: Shape) -> Shape:
        """Turn the factors into pixels."""
        height, width, _ = image(self, shape)
        self.shifts = (_pixels(self.height_factor, height), _pixels(self.width_factor, width))
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, each image moved where training."""
        if training:
            self.kernels.random_shift_forward(y, x, *self.shifts, *self.random)
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Move the gradient back."""
        self.kernels.random_shift_backward(dx, dy, *self.shifts, *self.random)

    def _limits(self, argument: str, value: Any) -> tuple[float, float]:
        given = as_python(value)
        both = (-given, given) if is_number(given) else given
        fit = isinstance(both, tuple | list) and len(both) == 2 and all(map(is_number, both))
        if not fit or not all(a <= b for a, b in itertools.pairwise((-1, *both, 1))):
            raise self.error(
                f"{argument} must be a number of 0 to 1 or a pair (lower, upper) within -1 to 1",
                value,
            )
        return float(both[0]), float(both[1])


@dataclass(eq=False)
class RandomChannels(_Augmentation):
    """Images without some of their channels, as of bands that were never observed.

    In a `share` of the samples each channel is set to 0 with probability `rate`, on its own; what
    is left is not scaled, unlike by SpatialDropout2D: in inference, too, a lost channel is 0 and
    the others are what they are. Not in Keras.
    """

    share: float
    rate: float
    seed: int | None = None

    def check(self) -> None:
        """Require two shares."""
        for name in ("share", "rate"):
            check(self, SHARE, name)
        self.check_seed()

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, without some channels where training."""
        if training:
            self.kernels.random_channels_forward(
                positions(y), positions(x), self.share, self.rate, *self.random
            )
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Lose the same channels of the gradient."""
        self.kernels.random_channels_backward(
            positions(dx), positions(dy), self.share, self.rate, *self.random
        )


def _pixels(factors: Any, length: int) -> tuple[int, int]:
    lower, upper = factors
    return round(lower * length), round(upper * length)
