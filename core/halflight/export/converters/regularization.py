"""Converters of what only training sees: inference hands the input, or the mean, on."""

from collections.abc import Mapping, Sequence

from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer


def _nothing(w: Writer, layer: Layer, x: Value, shape: Shape) -> str:
    return x.name


def _mean(w: Writer, layer: layers.Sampling, x: Sequence[Value], shape: Shape) -> str:
    return x[0].name


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.ActivityRegularization: _nothing,
    layers.AlphaDropout: _nothing,
    layers.Dropout: _nothing,
    layers.GaussianDropout: _nothing,
    layers.GaussianNoise: _nothing,
    layers.RandomFlip: _nothing,
    layers.RandomOrientation: _nothing,
    layers.RandomChannels: _nothing,
    layers.RandomTranslation: _nothing,
    layers.Sampling: _mean,
    layers.SpatialDropout1D: _nothing,
    layers.SpatialDropout2D: _nothing,
    layers.SpatialDropout3D: _nothing,
}
