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


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Flatten: _reshape,
    layers.Permute: _permute,
    layers.Reshape: _reshape,
}
