"""Dropout of values and of whole channels: noise that only training sees."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import SEED, SHARE, check
from halflight.nn.layer import Layer


class Random(Layer):
    """Base of layers that draw random numbers; their field `seed` is None or an integer.

    The numbers are a function of (seed, training step, position) alone, so they are the same for
    any number of threads and after a resume. A seed of None takes a stream of the model's own seed.
    """

    seed: int | None

    def check_seed(self) -> None:
        """Raise unless the seed is None or fits."""
        check(self, SEED.or_none(), "seed")

    def build(self, shape: Shape) -> Shape:
        """Keep the shape."""
        return shape

    @property
    def random(self) -> tuple[int, int]:
        """The seed and the step that say which numbers to draw."""
        return self.stream if self.seed is None else self.seed, self.step


@dataclass(eq=False)
class Dropout(Random):
    """Sets values to zero with probability `rate` and scales the others by 1 / (1 - rate).

    Srivastava et al. 2014.
    """

    rate: float
    seed: int | None = None

    def check(self) -> None:
        """Require 0 <= rate <= 1."""
        check(self, SHARE, "rate")
        self.check_seed()

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, thinned out where training."""
        if not training:
            self.kernels.copy(y, x)
        elif self.rate == 1.0:
            self.kernels.fill(y, 0.0)
        else:
            self.kernels.dropout_forward(y, x, self.rate, *self.random)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Thin the gradient out by the same choice."""
        if self.rate == 1.0:
            self.kernels.fill(dx, 0.0)
        else:
            self.kernels.dropout_backward(dx, dy, self.rate, *self.random)


@dataclass(eq=False)
class _SpatialDropout(Dropout):
    """What dropout of whole channels shares for any number of spatial axes."""

    axes: ClassVar[tuple[str, ...]]

    def build(self, shape: Shape) -> Shape:
        """Require the spatial axes and a channel axis."""
        if len(shape) != len(self.axes):
            raise self.error(f"needs an input ({', '.join(self.axes)})", shape)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, without some channels where training."""
        if self.rate == 1.0 or not training:
            super().forward(y, x, training)
        else:
            self.kernels.spatial_dropout_forward(
                positions(y), positions(x), self.rate, *self.random
            )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Drop the same channels of the gradient."""
        if self.rate == 1.0:
            super().backward(dx, dy, x, y)
        else:
            self.kernels.spatial_dropout_backward(
                positions(dx), positions(dy), self.rate, *self.random
            )


@dataclass(eq=False)
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of a sequence (steps, channels): Tompson et al. 2015, sec. 3.2."""

    axes: ClassVar[tuple[str, ...]] = ("steps", "channels")


@dataclass(eq=False)
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of an image: Tompson et al. 2015, section 3.2."""

    axes: ClassVar[tuple[str, ...]] = ("height", "width", "channels")


def positions(array: Array) -> Array:
    """A view as (samples, positions, channels)."""
    return array.reshape(array.shape[0], -1, array.shape[-1])
