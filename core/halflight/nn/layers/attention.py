"""Attention and AdditiveAttention: a query looks at a sequence, with few or no weights."""

from dataclasses import dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape, Weight
from halflight.nn.checks import BOOLEAN, check
from halflight.nn.initializers import GlorotUniform, Ones
from halflight.nn.layers.attending import SCORES, Attending


@dataclass(eq=False)
class Attention(Attending):
    """Weights are softmax(query @ key.T), times a learnt number with `use_scale`.

    Luong et al. 2015, eq. 7 and 8 (dot). On [query, value] or [query, value, key], each
    (time, k); the output is (queries, k of the value).
    """

    use_scale: bool = False
    dropout: float = 0.0
    seed: int | None = None
    use_causal_mask: bool = False

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require a share and flags."""
        check(self, BOOLEAN, "use_scale")
        self.check_attention()

    def build(self, shapes: Any) -> Shape:
        """Declare the scale, if any, and room for scores and weights."""
        query, value, key = self.sequences(shapes)
        if query[1] != key[1]:
            raise self.error("query and key need the same last axis", shapes)
        self.scale: Weight | None = self.param("scale", (1,), Ones()) if self.use_scale else None
        self.scores = self.scratch("scores", (query[0], key[0]))
        self.build_weights_of(query[0], key[0])
        self.of_key = self.scratch("key gradient", key, late=True)
        return query[0], value[1]

    def respond(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the values, weighted."""
        scores, shares = self.scores.value, self.shares.value
        SCORES.forward(self.kernels, scores, x[0], x[-1])
        if self.scale is not None:
            self.kernels.dense_forward(_column(shares), _column(scores), self._factor, None)
            scores = shares
        self.attend(y, scores, x[1], training)

    def respond_backward(self, dx: list[Array], dy: Array, x: list[Array]) -> None:
        """Write the gradients; add to that of the scale."""
        slopes = self.attend_backward(dx[1], dy, x[1])
        if self.scale is not None:
            if self.trainable:
                self.kernels.dense_backward_weights(
                    self.scale.grad.reshape((1, 1)),
                    None,
                    _column(slopes),
                    _column(self.scores.value),
                )
            self.kernels.dense_backward_input(
                _column(self.shares.value), _column(slopes), self._factor
            )
            slopes = self.shares.value
        SCORES.backward_a(self.kernels, dx[0], slopes, x[-1])
        target = dx[2] if len(dx) == 3 else self.of_key.value
        SCORES.backward_b(self.kernels, target, slopes, x[0])
        if len(dx) == 2:
            self.kernels.accumulate(dx[1], target)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Two operations a product, five a weight for the softmax."""
        queries, keys = shape[0][0], self.unmasked(shape)[-1][0]
        return queries * keys * (2 * shape[0][1] + 2 * output_shape[1] + 5)

    @property
    def _factor(self) -> Array:
        assert self.scale is not None
        return self.scale.value.reshape((1, 1))


@dataclass(eq=False)
class AdditiveAttention(Attending):
    """Weights are softmax of sums of scale * tanh(query + key): Bahdanau et al. 2015, A.1.2.

    On [query, value] or [query, value, key], each (time, k); the output is (queries, k of the
    value). Without `use_scale` the sum is plain.
    """

    use_scale: bool = True
    dropout: float = 0.0
    seed: int | None = None
    use_causal_mask: bool = False

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require a share and flags."""
        check(self, BOOLEAN, "use_scale")
        self.check_attention()

    def build(self, shapes: Any) -> Shape:
        """Declare the scale, if any, and room for every pair of query and key."""
        query, value, key = self.sequences(shapes)
        if query[1] != key[1]:
            raise self.error("query and key need the same last axis", shapes)
        self.scale: Weight | None = None
        if self.use_scale:
            self.scale = self.param("scale", (query[1],), GlorotUniform())
        pairs = (query[0], key[0], query[1])
        self.pairs = self.scratch("pairs", pairs)
        self.repeated = self.scratch("repeated", pairs)
        self.build_weights_of(query[0], key[0])
        self.of_key = self.scratch("key gradient", key, late=True)
        return query[0], value[1]

    def respond(self, y: Array, x: list[Array], training: bool) -> None:
        """Write the values, weighted."""
        pairs, repeated, scores = self.pairs.value, self.repeated.value, self.shares.value
        self.kernels.broadcast_to(pairs, _as_queries(x[0]))
        self.kernels.broadcast_to(repeated, _as_keys(x[-1]))
        self.kernels.add_forward(pairs, pairs, repeated)
        self.kernels.tanh_forward(pairs, pairs)
        if self.scale is None:
            self.kernels.sum_to(scores.reshape((*scores.shape, 1)), pairs)
        else:
            self.kernels.dense_forward(_column(scores), _rows(pairs), self._column_of_scale, None)
        self.attend(y, scores, x[1], training)

    def respond_backward(self, dx: list[Array], dy: Array, x: list[Array]) -> None:
        """Write the gradients; add to that of the scale."""
        slopes = self.attend_backward(dx[1], dy, x[1])
        pairs, repeated = self.pairs.value, self.repeated.value
        if self.scale is None:
            self.kernels.broadcast_to(repeated, slopes.reshape((*slopes.shape, 1)))
        else:
            if self.trainable:
                self.kernels.dense_backward_weights(
                    self.scale.grad.reshape((-1, 1)), None, _column(slopes), _rows(pairs)
                )
            self.kernels.dense_backward_input(
                _rows(repeated), _column(slopes), self._column_of_scale
            )
        self.kernels.tanh_backward(repeated, repeated, pairs)
        self.kernels.sum_to(_as_queries(dx[0]), repeated)
        target = dx[2] if len(dx) == 3 else self.of_key.value
        self.kernels.sum_to(_as_keys(target), repeated)
        if len(dx) == 2:
            self.kernels.accumulate(dx[1], target)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Four operations a pair's value, two a product with the values, five for the softmax."""
        queries, keys = shape[0][0], self.unmasked(shape)[-1][0]
        return queries * keys * (4 * shape[0][1] + 2 * output_shape[1] + 5)

    @property
    def _column_of_scale(self) -> Array:
        assert self.scale is not None
        return self.scale.value.reshape((-1, 1))


def _column(array: Array) -> Array:
    return array.reshape((array.size, 1))


def _rows(array: Array) -> Array:
    width = array.shape[array.ndim - 1]
    return array.reshape((array.size // width, width))


def _as_queries(array: Array) -> Array:
    """(n, time, k) as (n, time, 1, k)."""
    return array.reshape((array.shape[0], array.shape[1], 1, array.shape[2]))


def _as_keys(array: Array) -> Array:
    """(n, time, k) as (n, 1, time, k)."""
    return array.reshape((array.shape[0], 1, array.shape[1], array.shape[2]))
