"""Converters of what only training sees: inference hands the input, or the mean, on."""

from collections.abc import Mapping

from core.export.writer import Converter, Value, Writer
from core.nn import layers
from core.nn.layer import Layer, Shape


def _nothing(w: Writer, layer: Layer, x: Value, shape: Shape) -> str:
    return x.name


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Dropout: _nothing,
}
