"""Attending: what every attention shares: weights from scores, and values weighted by them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, SHARE, check
from halflight.nn.layer import Tensor
from halflight.nn.layers.dot import Product
from halflight.nn.layers.regularization import Random

SCORES, VALUES = Product(transpose_b=True), Product()
_UNSEEN = -1e9  # the score of a key that does not count: its exponential is 0


class Attending(Random):
    """Base of layers on [query, value] or [query, value, key]; without a key, value is the key.

    Softmax makes the scores of every query against all keys weights that sum to 1; the output is
    the values weighted so. With `use_causal_mask` a query sees the keys up to its own position.
    `dropout` leaves weights out in training. Keys that the value's mask leaves out get no weight
    (all get the same where none counts); the output has the query's mask.
    """

    takes_list: ClassVar[bool] = True
    uses_mask: ClassVar[bool] = True
    masked_input: ClassVar[int] = 1
    dropout: float
    use_causal_mask: bool

    def check_attention(self) -> None:
        """Require a share and flags."""
        check(self, SHARE, "dropout")
        check(self, BOOLEAN, "use_causal_mask")
        self.check_seed()

    def sequences(self, shapes: list[Shape]) -> tuple[Shape, Shape, Shape]:
        """Return the shapes of query, value and key; raise unless they fit."""
        shapes = self.unmasked(shapes)
        if len(shapes) not in (2, 3) or any(len(shape) != 2 for shape in shapes):
            raise self.error("needs [query, value] or [query, value, key], each (time, k)", shapes)
        query, value, key = shapes[0], shapes[1], shapes[-1]
        if value[0] != key[0]:
            raise self.error("value and key need the same number of steps", shapes)
        return query, value, key

    def build_weights_of(self, *shape: int) -> None:
        """Declare room for the weights (..., queries, keys), and for their gradients."""
        self.shares = self.scratch("shares", shape)
        self.dropped = self.scratch("dropped", shape) if self.dropout else self.shares
        self.slopes = self.scratch("slopes", shape, late=True)

    # What a subclass writes.

    def respond(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the output for [query, value] or [query, value, key]."""
        raise NotImplementedError

    def respond_backward(self, dx: list[Array], dy: Array, x: list[Array]) -> None:
        """Write the gradients of these; add to those of weights."""
        raise NotImplementedError

    # What all share.

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the query's mask."""
        return tensors[0].mask

    def unmasked(self, parts: list[Any]) -> list[Any]:
        """Return what goes with the inputs without what goes with the mask."""
        return parts[:-1] if self.masked else parts

    def forward(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the output."""
        self.counts = x[-1] if self.masked else None
        self.respond(y, self.unmasked(x), training)

    def backward(self, dx: list[Array], dy: Array, x: list[Array], y: Array) -> None:
        """Write the gradients; a mask has none."""
        self.counts = x[-1] if self.masked else None
        self.respond_backward(self.unmasked(dx), dy, self.unmasked(x))
        if self.masked and dx[-1] is not None:
            self.kernels.fill(dx[-1], 0.0)

    def attend(self, y: Array, scores: Array, values: Array, training: bool) -> None:
        """Write y = weights @ values, for stacks of matrices; `scores` may be the weights' room."""
        shares = _stack(self.shares.value)
        self._fill_masked(scores, _UNSEEN)
        if self.use_causal_mask:
            self.kernels.causal_softmax_forward(shares, scores)
        else:
            self.kernels.softmax_forward(shares, scores)
        dropped = _stack(self.dropped.value)
        if self.dropout and self.dropout < 1.0 and training:
            self.kernels.dropout_forward(dropped, shares, self.dropout, *self.random)
        elif self.dropout:
            self.kernels.copy(dropped, shares)
            if training:
                self.kernels.fill(dropped, 0.0)
        VALUES.forward(self.kernels, y, dropped, values)

    def attend_backward(self, dvalues: Array, dy: Array, values: Array) -> Array:
        """Write the gradient by the values (unless None); return that by the scores."""
        dropped, shares = _stack(self.dropped.value), _stack(self.shares.value)
        slopes = _stack(self.slopes.value)
        if dvalues is not None:
            VALUES.backward_b(self.kernels, dvalues, dy, dropped)
        VALUES.backward_a(self.kernels, slopes, dy, values)
        if self.dropout == 1.0:
            self.kernels.fill(slopes, 0.0)
        elif self.dropout:
            self.kernels.dropout_backward(slopes, slopes, self.dropout, *self.random)
        self.kernels.softmax_backward(slopes, slopes, shares)
        self._fill_masked(slopes, 0.0)
        return slopes

    def _fill_masked(self, scores: Array, value: float) -> None:
        """Write `value` for keys that do not count."""
        if self.counts is not None:
            samples, keys = self.counts.shape
            whole = scores.reshape((samples, scores.size // (samples * keys), keys))
            self.kernels.fill_masked(whole, self.counts, value)


def _stack(array: Array) -> Array:
    """A view as a stack of matrices."""
    rows, columns = array.shape[array.ndim - 2], array.shape[array.ndim - 1]
    return array.reshape((array.size // (rows * columns), rows, columns))
