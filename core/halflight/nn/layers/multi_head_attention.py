"""MultiHeadAttention: several attentions side by side, each on its own projections."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Scratch, Shape, Weight
from halflight.nn.checks import BOOLEAN, COUNT, check
from halflight.nn.constraints import Constraint
from halflight.nn.constraints import get as get_constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layer import Tensor
from halflight.nn.layers.attending import SCORES, Attending
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer

_TO_HEADS = (0, 2, 1, 3)  # (n, time, head, k) -> (n, head, time, k), and back
_GETTERS = {
    "initializer": get_initializer,
    "regularizer": get_regularizer,
    "constraint": get_constraint,
}


@dataclass(eq=False)
class MultiHeadAttention(Attending):
    """softmax(Q K.T / sqrt(key_dim)) V for each head, all heads mixed: Vaswani et al. 2017, 3.2.

    Called as layer(query, value) or layer(query, value, key), or on a list of them, each
    (time, features). Q, K and V are projections by kernels (features, num_heads, key_dim or
    value_dim) and biases; the output (queries, features of the query) is another one. Attention is
    over time alone. `use_causal_mask`, an argument of Keras's call, is the layer's, and may be
    given with the first call.
    """

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    dropout: float = 0.0
    use_bias: bool = True
    output_shape: int | None = None
    _: KW_ONLY
    kernel_initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"
    kernel_regularizer: str | L1L2 | None = None
    bias_regularizer: str | L1L2 | None = None
    kernel_constraint: str | Constraint | None = None
    bias_constraint: str | Constraint | None = None
    seed: int | None = None
    use_causal_mask: bool = False

    always_writes_dx: ClassVar[bool] = True

    def check(self) -> None:
        """Require positive sizes, a share, flags and known names."""
        check(self, COUNT, "num_heads", "key_dim")
        check(self, COUNT.or_none(), "value_dim", "output_shape")
        check(self, BOOLEAN, "use_bias")
        for role in ("kernel", "bias"):
            for kind, get in _GETTERS.items():
                setattr(self, f"{role}_{kind}", get(getattr(self, f"{role}_{kind}")))
        self.check_attention()

    def __call__(  # type: ignore[override]
        self,
        query: Tensor | Sequence[Tensor],
        value: Tensor | None = None,
        key: Tensor | None = None,
        use_causal_mask: bool | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Add this layer to the graph; see the class.

        Raises:
            ValueError: the inputs do not fit, or another call had another mask.
        """
        if use_causal_mask is not None:
            if self._outputs and use_causal_mask != self.use_causal_mask:
                raise self.error("every call needs the same use_causal_mask", use_causal_mask)
            self.use_causal_mask = use_causal_mask
            check(self, BOOLEAN, "use_causal_mask")
        given = [query] if isinstance(query, Tensor) else list(query)
        tensors = [*given, *(part for part in (value, key) if part is not None)]
        return super().__call__(tensors, mask)

    def build(self, shapes: Any) -> Shape:
        """Declare kernels and biases, and room for what every head sees."""
        query, value, key = self.sequences(shapes)
        depth, width = self.key_dim, self.value_dim or self.key_dim
        self.parts = [
            self._projection("query", query, depth),
            self._projection("key", key, depth),
            self._projection("value", value, width),
        ]
        self.joined = self.scratch("joined", (self.num_heads, query[0], width))
        self.mixed = self.scratch("mixed", (query[0], self.num_heads * width))
        self.build_weights_of(self.num_heads, query[0], key[0])
        outputs = self.output_shape or query[1]
        self.output_kernel = self._weight("kernel", "output_kernel", self.num_heads, width, outputs)
        self.output_bias = self._weight("bias", "output_bias", outputs) if self.use_bias else None
        longest = max(math.prod(shape) for shape in (key, value))
        self.of_key = self.scratch("key gradient", (longest,), late=True)
        self.shapes = (query, value, key)
        return query[0], outputs

    def respond(self, y: Array, x: list[Array], training: bool) -> None:
        """Write y."""
        sources = (x[0], x[-1], x[1])
        for part, source in zip(self.parts, sources, strict=True):
            part.forward(self, source)
        query, key, value = (part.stack(part.heads) for part in self.parts)
        self.kernels.scale(query.reshape(query.size), self.key_dim**-0.5)
        scores = self.shares.value.reshape((len(query), query.shape[1], key.shape[1]))
        SCORES.forward(self.kernels, scores, query, key)
        joined = self.joined.value
        self.attend(self._stacked(joined), scores, value, training)
        self._permute(self.mixed.value, joined)
        kernel, bias = self._out
        self.kernels.dense_forward(_rows(y), _rows(self.mixed.value), kernel, bias)

    def respond_backward(self, dx: list[Array], dy: Array, x: list[Array]) -> None:
        """Write the gradients; add to those of kernels and biases."""
        kernel, _ = self._out
        mixed, joined = self.mixed.value, self.joined.value
        if self.trainable:
            self.kernels.dense_backward_weights(
                self.output_kernel.grad.reshape(kernel.shape),
                self.output_bias.grad if self.output_bias else None,
                _rows(dy),
                _rows(mixed),
            )
        self.kernels.dense_backward_input(_rows(mixed), _rows(dy), kernel)
        width = self.value_dim or self.key_dim
        split = mixed.reshape((*mixed.shape[:2], self.num_heads, width))
        self.kernels.permute(joined, split, _TO_HEADS)
        query, key, value = self.parts
        dvalue = value.stack(value.slopes)
        slopes = self.attend_backward(dvalue, self._stacked(joined), value.stack(value.heads))
        SCORES.backward_a(self.kernels, query.stack(query.slopes), slopes, key.stack(key.heads))
        SCORES.backward_b(self.kernels, key.stack(key.slopes), slopes, query.stack(query.heads))
        whole = query.slopes.value
        self.kernels.scale(whole.reshape(whole.size), self.key_dim**-0.5)
        query.backward(self, dx[0], x[0])
        value.backward(self, dx[1], x[1])
        if len(dx) == 3:
            key.backward(self, dx[2], x[2])
        else:
            size = x[1].size
            flat = self.of_key.value.reshape(self.of_key.value.size)[:size]
            target = flat.reshape(x[1].shape)
            key.backward(self, target, x[1])
            self.kernels.accumulate(dx[1], target)

    def flops(self, shape: list[Shape], output_shape: Shape) -> int:
        """Two operations a weight and step, and a product; five a weight for the softmax."""
        query, value, key = self.shapes
        depth, width, heads = self.key_dim, self.value_dim or self.key_dim, self.num_heads
        projections = heads * (
            math.prod(query) * depth + math.prod(key) * depth + math.prod(value) * width
        )
        mixing = query[0] * heads * width * output_shape[1]
        pairs = heads * query[0] * key[0]
        return 2 * (projections + mixing) + pairs * (2 * depth + 2 * width + 5)

    @property
    def _out(self) -> tuple[Array, Array]:
        """The output's kernel as a matrix, and its bias or None."""
        value = self.output_kernel.value
        kernel = value.reshape((value.shape[0] * value.shape[1], value.shape[2]))
        return kernel, self.output_bias.value if self.output_bias else None

    def _permute(self, mixed: Array, joined: Array) -> None:
        """Put the heads side by side."""
        heads = (mixed.shape[0], joined.shape[2], joined.shape[1], joined.shape[3])
        self.kernels.permute(mixed.reshape(heads), joined, _TO_HEADS)

    def _stacked(self, joined: Array) -> Array:
        samples, heads, times, width = joined.shape
        return joined.reshape((samples * heads, times, width))

    def _weight(self, role: str, name: str, *shape: int) -> Weight:
        return self.param(
            name,
            shape,
            getattr(self, f"{role}_initializer"),
            decay=role == "kernel",
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _projection(self, name: str, shape: Shape, width: int) -> "_Projection":
        kernel = self._weight("kernel", f"{name}_kernel", shape[1], self.num_heads, width)
        bias = None
        if self.use_bias:
            bias = self._weight("bias", f"{name}_bias", self.num_heads, width)
        flat, split = (shape[0], self.num_heads * width), (self.num_heads, shape[0], width)
        return _Projection(
            kernel,
            bias,
            self.scratch(f"{name} projected", flat),
            self.scratch(f"{name} heads", split),
            self.scratch(f"{name} slopes", split, late=True),
        )


@dataclass(eq=False)
class _Projection:
    """x (n, time, features) -> heads (n, head, time, k)."""

    kernel: Weight
    bias: Weight | None
    flat: Scratch
    heads: Scratch
    slopes: Scratch

    def forward(self, layer: MultiHeadAttention, x: Array) -> None:
        """Write the heads."""
        bias = self.bias.value.reshape(-1) if self.bias else None
        flat = self.flat.value
        layer.kernels.dense_forward(_rows(flat), _rows(x), self._matrix(self.kernel.value), bias)
        layer.kernels.permute(self.heads.value, self._split(flat), _TO_HEADS)

    def backward(self, layer: MultiHeadAttention, dx: Array, x: Array) -> None:
        """Write dx from the slopes of the heads; add to the gradients."""
        flat = self.flat.value
        layer.kernels.permute(self._split(flat), self.slopes.value, _TO_HEADS)
        if layer.trainable:
            layer.kernels.dense_backward_weights(
                self._matrix(self.kernel.grad),
                self.bias.grad.reshape(-1) if self.bias else None,
                _rows(flat),
                _rows(x),
            )
        layer.kernels.dense_backward_input(_rows(dx), _rows(flat), self._matrix(self.kernel.value))

    def stack(self, scratch: Scratch) -> Array:
        """Heads, or their slopes, of all samples as one stack of matrices."""
        samples, heads, times, width = scratch.value.shape
        return scratch.value.reshape((samples * heads, times, width))

    def _split(self, flat: Array) -> Array:
        samples, heads, times, width = self.heads.value.shape
        return flat.reshape((samples, times, heads, width))

    def _matrix(self, kernel: Array) -> Array:
        features, heads, width = kernel.shape
        return kernel.reshape((features, heads * width))


def _rows(array: Array) -> Array:
    width = array.shape[array.ndim - 1]
    return array.reshape((array.size // width, width))
