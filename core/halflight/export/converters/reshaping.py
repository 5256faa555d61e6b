"""Converters of the layers that move values, or change the shape around them."""

from collections.abc import Mapping

from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer


def _reshape(w: Writer, layer: Layer, x: Value, shape: Shape) -> str:
    """Keep the order of the values, the last axis fastest."""
    return w.reshape(x.name, shape)


def _permute(w: Writer, layer: layers.Permute, x: Value, shape: Shape) -> str:
    return w.transpose(x.name, (0, *layer.dims))


def _repeat(w: Writer, layer: layers.RepeatVector, x: Value, shape: Shape) -> str:
    return w.op("Concat", *[w.reshape(x.name, (1, *x.shape))] * layer.n, axis=1)


def _rescale(w: Writer, layer: layers.Rescaling, x: Value, shape: Shape) -> str:
    y = w.op("Mul", x.name, w.numbers(layer.scale))
    return w.op("Add", y, w.numbers(layer.offset)) if layer.offset else y


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Flatten: _reshape,
    layers.Permute: _permute,
    layers.RepeatVector: _repeat,
    layers.Rescaling: _rescale,
    layers.Reshape: _reshape,
}
