"""Dropout: noise that only training sees."""

from dataclasses import dataclass

from core.nn.layer import Array, Layer, Shape
from core.nn.layers.checks import fraction


@dataclass(eq=False)
class Dropout(Layer):
    """Sets values to zero with probability `rate` and scales the others by 1 / (1 - rate).

    The choice is a function of (seed, training step, position) alone, so it is the same for any
    number of threads and after a resume. A seed of None takes a stream of the model's own seed.
    Srivastava et al. 2014.
    """

    rate: float
    seed: int | None = None

    def check(self) -> None:
        """Require 0 <= rate < 1."""
        self.rate = fraction(self, "rate", self.rate)
        if self.seed is not None and (type(self.seed) is not int or not 0 <= self.seed < 2**63):
            raise self.error("seed must be None or an integer of 0 to 2^63 - 1", self.seed)

    def build(self, shape: Shape) -> Shape:
        """Keep the shape."""
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, thinned out where training."""
        if training:
            self.kernels.dropout_forward(y, x, self.rate, self._seed, self.step)
        else:
            self.kernels.copy(y, x)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Thin the gradient out by the same choice."""
        self.kernels.dropout_backward(dx, dy, self.rate, self._seed, self.step)

    @property
    def _seed(self) -> int:
        return self.stream if self.seed is None else self.seed
