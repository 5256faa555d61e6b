"""Converters of the pools: channels first around ONNX's pools."""

from typing import Any

from core.export.converters.convolution import margins
from core.export.writer import Value, Writer
from core.nn.layer import Layer, Shape
from core.nn.layers import AveragePooling2D, MaxPooling2D


def max_pooling(w: Writer, layer: MaxPooling2D, x: Value, shape: Shape) -> str:
    """Write MaxPool; padding never is the maximum."""
    return _pool(w, "MaxPool", layer, x, shape)


def average_pooling(w: Writer, layer: AveragePooling2D, x: Value, shape: Shape) -> str:
    """Write AveragePool; padding is not counted."""
    return _pool(w, "AveragePool", layer, x, shape, count_include_pad=0)


def _pool(
    w: Writer,
    kind: str,
    layer: MaxPooling2D | AveragePooling2D,
    x: Value,
    shape: Shape,
    **attributes: Any,
) -> str:
    size, strides, before = layer.geometry
    rank = len(size)
    y = w.op(
        kind,
        w.channels_first(x.name, rank),
        kernel_shape=size,
        strides=strides,
        pads=margins(x.shape[:rank], shape[:rank], size, strides, before),
        **attributes,
    )
    return w.channels_last(y, rank)


def global_average_pooling(w: Writer, layer: Layer, x: Value, shape: Shape) -> str:
    """Write GlobalAveragePool, and drop the axes that it leaves."""
    pooled = w.op("GlobalAveragePool", w.channels_first(x.name, len(x.shape) - 1))
    return w.reshape(pooled, shape)
