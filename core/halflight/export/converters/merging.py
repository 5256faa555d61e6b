"""Converters of the layers that merge several tensors."""

from collections.abc import Mapping, Sequence

from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer


def merge(w: Writer, kind: str, names: Sequence[str]) -> str:
    """Write x[0] o x[1] o x[2] ..., from left to right."""
    merged = names[0]
    for further in names[1:]:
        merged = w.op(kind, merged, further)
    return merged


def aligned(w: Writer, x: Sequence[Value], shape: Shape) -> list[str]:
    """Give tensors of fewer axes than `shape` axes of length 1 after the batch."""
    return [
        part.name
        if len(part.shape) == len(shape)
        else w.reshape(part.name, (1,) * (len(shape) - len(part.shape)) + tuple(part.shape))
        for part in x
    ]


def _merging(kind: str) -> Converter:
    """Return the converter of a layer that merges by one operator."""

    def convert(w: Writer, layer: Layer, x: Sequence[Value], shape: Shape) -> str:
        return merge(w, kind, aligned(w, x, shape))

    return convert


def _average(w: Writer, layer: Layer, x: Sequence[Value], shape: Shape) -> str:
    total = merge(w, "Add", aligned(w, x, shape))
    return w.op("Mul", total, w.numbers(1.0 / len(x)))


def _concatenate(w: Writer, layer: layers.Concatenate, x: Sequence[Value], shape: Shape) -> str:
    axis = layer.axis % (len(shape) + 1)
    return w.op("Concat", *(part.name for part in x), axis=axis)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Add: _merging("Add"),
    layers.Average: _average,
    layers.Concatenate: _concatenate,
    layers.Maximum: _merging("Max"),
    layers.Minimum: _merging("Min"),
    layers.Multiply: _merging("Mul"),
    layers.Subtract: _merging("Sub"),
}
