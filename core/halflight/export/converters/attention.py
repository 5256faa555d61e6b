"""Converters of the attentions, of Dot and of EinsumDense."""

from collections.abc import Mapping, Sequence

import numpy as np

from halflight.export.converters.activation import activate
from halflight.export.writer import Converter, Host, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.attending import Attending

# Added to the scores of what a query must not see; its exponential is 0, and it is finite.
_UNSEEN = -1e30
_MASKED = -1e9  # the score of a key that does not count, as in the layers


def _attention(w: Writer, layer: layers.Attention, x: Sequence[Value], shape: Shape) -> str:
    x, counts = _unmasked(layer, x)
    scores = w.op("MatMul", x[0].name, w.transpose(x[-1].name, (0, 2, 1)))
    if layer.scale is not None:
        scores = w.op("Mul", scores, w.weight(layer.scale))
    return _attend(w, layer, scores, x[1].name, (shape[0], x[-1].shape[0]), counts)


def _additive(w: Writer, layer: layers.AdditiveAttention, x: Sequence[Value], shape: Shape) -> str:
    x, counts = _unmasked(layer, x)
    (queries, depth), keys = x[0].shape, x[-1].shape[0]
    pairs = w.op(
        "Add",
        w.reshape(x[0].name, (queries, 1, depth)),
        w.reshape(x[-1].name, (1, keys, depth)),
    )
    pairs = w.op("Tanh", pairs)
    if layer.scale is not None:
        pairs = w.op("Mul", pairs, w.weight(layer.scale))
    scores = w.op("ReduceSum", pairs, w.integers([-1], "axes"), keepdims=0)
    return _attend(w, layer, scores, x[1].name, (queries, keys), counts)


def _multi_head(
    w: Writer, layer: layers.MultiHeadAttention, x: Sequence[Value], shape: Shape
) -> str:
    """Write the heads as an axis after the batch, where MatMul takes them for stacks."""
    x, counts = _unmasked(layer, x)
    heads, times = [], (x[0].shape[0], x[-1].shape[0], x[1].shape[0])
    for part, source, steps in zip(layer.parts, (x[0], x[-1], x[1]), times, strict=True):
        projected = w.op("MatMul", source.name, w.weight(part.kernel, _as_matrix))
        if part.bias is not None:
            projected = w.op("Add", projected, w.weight(part.bias, np.ravel))
        split = (steps, layer.num_heads, part.kernel.shape[-1])
        heads.append(w.transpose(w.reshape(projected, split), (0, 2, 1, 3)))
    query, key, value = heads
    scores = w.op("MatMul", query, w.transpose(key, (0, 1, 3, 2)))
    scores = w.op("Mul", scores, w.numbers(layer.key_dim**-0.5))
    joined = _attend(w, layer, scores, value, times[:2], counts)
    width = layer.num_heads * layer.parts[2].kernel.shape[-1]
    mixed = w.reshape(w.transpose(joined, (0, 2, 1, 3)), (shape[0], width))
    y = w.op("MatMul", mixed, w.weight(layer.output_kernel, lambda k: k.reshape(-1, k.shape[-1])))
    return w.op("Add", y, w.weight(layer.output_bias)) if layer.output_bias is not None else y


def _unmasked(layer: Attending, x: Sequence[Value]) -> tuple[Sequence[Value], Value | None]:
    """The inputs, and the mask of the keys or None."""
    return (x[:-1], x[-1]) if layer.masked else (x, None)


def _attend(
    w: Writer,
    layer: Attending,
    scores: str,
    values: str,
    lengths: tuple[int, int],
    counts: Value | None,
) -> str:
    if counts is not None:
        heads = layer.num_heads if isinstance(layer, layers.MultiHeadAttention) else 0
        masked = w.reshape(
            w.op("Equal", counts.name, w.numbers(0.0)), (*[1] * (1 + bool(heads)), lengths[1])
        )
        scores = w.op("Where", masked, w.numbers(_MASKED), scores)
    if layer.use_causal_mask:
        unseen = np.triu(np.full(lengths, _UNSEEN), 1)
        scores = w.op("Add", scores, w.numbers(unseen))
    return w.op("MatMul", w.op("Softmax", scores, axis=-1), values)


def _as_matrix(kernel: Host) -> Host:
    return kernel.reshape(len(kernel), -1)


def _dot(w: Writer, layer: layers.Dot, x: Sequence[Value], shape: Shape) -> str:
    factors = []
    for value, transposed, size in zip(x, layer.transposed, layer.sizes, strict=True):
        first = value is x[0]
        by_rows = (layer.depth, size) if first else (size, layer.depth)
        straight = (size, layer.depth) if first else (layer.depth, size)
        part = w.reshape(value.name, by_rows if transposed else straight)
        factors.append(w.transpose(part, (0, 2, 1)) if transposed else part)
    return w.reshape(w.op("MatMul", *factors), shape)


def _einsum(w: Writer, layer: layers.EinsumDense, x: Value, shape: Shape) -> str:
    y = w.op("Einsum", x.name, w.weight(layer.kernel), equation=layer.spelt)
    if layer.bias is not None:
        y = w.op("Add", y, w.weight(layer.bias))
    return activate(w, layer, y)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.AdditiveAttention: _additive,
    layers.Attention: _attention,
    layers.Dot: _dot,
    layers.EinsumDense: _einsum,
    layers.MultiHeadAttention: _multi_head,
}
