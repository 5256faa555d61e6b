"""Dropout of values and of whole channels: noise that only training sees."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import FRACTION, SEED, SHARE, check
from halflight.nn.layer import Layer

_FLOOR = -1.0507009873554805 * 1.6732632423543772
"""What SELU goes to far below zero: Klambauer et al. 2017, section 2."""


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

    passes_mask: ClassVar[bool] = True

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


@dataclass(eq=False)
class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of a volume: Tompson et al. 2015, section 3.2."""

    axes: ClassVar[tuple[str, ...]] = ("depth", "height", "width", "channels")


@dataclass(eq=False)
class AlphaDropout(Dropout):
    """Dropout for SELU: dropped values become SELU's floor, and mean and variance stay.

    y = a (x or -1.0507 * 1.6733) + b with a = ((1 - rate) (1 + rate floor^2))^(-1/2) and
    b = -a rate floor: Klambauer et al. 2017, section 3. Inference copies.
    """

    def check(self) -> None:
        """Require 0 <= rate < 1."""
        check(self, FRACTION, "rate")
        self.check_seed()

    def build(self, shape: Shape) -> Shape:
        """Declare room for the choice."""
        self.floors = self.scratch("floors", shape)
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, or the floor instead where training."""
        if not training or not self.rate:
            self.kernels.copy(y, x)
            return
        gain, floors = self._gain, self.floors.value
        self.kernels.fill(floors, 1.0)
        self.kernels.dropout_forward(floors, floors, self.rate, *self.random)
        self.kernels.dropout_forward(y, x, self.rate, *self.random)
        self.kernels.scale(y.reshape(y.size), gain * (1.0 - self.rate))
        self.kernels.scale(floors.reshape(floors.size), -gain * _FLOOR * (1.0 - self.rate))
        self.kernels.accumulate(y, floors)
        self.kernels.fill(floors, gain * _FLOOR * (1.0 - self.rate))
        self.kernels.accumulate(y, floors)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Pass the gradient on where values came through."""
        if not self.rate:
            self.kernels.copy(dx, dy)
            return
        self.kernels.dropout_backward(dx, dy, self.rate, *self.random)
        self.kernels.scale(dx.reshape(dx.size), self._gain * (1.0 - self.rate))

    @property
    def _gain(self) -> float:
        return float(((1.0 - self.rate) * (1.0 + self.rate * _FLOOR**2)) ** -0.5)


def positions(array: Array) -> Array:
    """A view as (samples, positions, channels)."""
    return array.reshape(array.shape[0], -1, array.shape[-1])
