"""Converters of the pools: channels first around ONNX's pools."""

from collections.abc import Mapping
from typing import Any

from halflight.export.converters.masking import masked_mean
from halflight.export.converters.windows import pads
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer


def _pooling(kind: str, **attributes: int) -> Converter:
    """Return the converter of a pool that slides; padding never wins and never counts."""

    def convert(w: Writer, layer: Any, x: Value, shape: Shape) -> str:
        size, rank = layer.pool_size, len(shape) - 1
        strides = layer.strides or size
        y = w.op(
            kind,
            w.channels_first(x.name, rank),
            kernel_shape=size,
            strides=strides,
            pads=pads(layer.padding, x.shape[:-1], shape[:-1], size, strides),
            **attributes,
        )
        return w.channels_last(y, rank)

    return convert


def _global_pooling(kind: str) -> Converter:
    """Return the converter of a pool of everything; the axes that ONNX leaves are dropped."""

    def convert(w: Writer, layer: Layer, x: Value | list[Value], shape: Shape) -> str:
        if isinstance(x, list):
            return w.reshape(masked_mean(w, *x), shape)
        return w.reshape(w.op(kind, w.channels_first(x.name, len(x.shape) - 1)), shape)

    return convert


_average = _pooling("AveragePool", count_include_pad=0)
_maximum = _pooling("MaxPool")
_global_average = _global_pooling("GlobalAveragePool")
_global_maximum = _global_pooling("GlobalMaxPool")

CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.AveragePooling1D: _average,
    layers.AveragePooling2D: _average,
    layers.AveragePooling3D: _average,
    layers.GlobalAveragePooling1D: _global_average,
    layers.GlobalAveragePooling2D: _global_average,
    layers.GlobalAveragePooling3D: _global_average,
    layers.GlobalMaxPooling1D: _global_maximum,
    layers.GlobalMaxPooling2D: _global_maximum,
    layers.GlobalMaxPooling3D: _global_maximum,
    layers.MaxPooling1D: _maximum,
    layers.MaxPooling2D: _maximum,
    layers.MaxPooling3D: _maximum,
}
