"""Converters of the layers that run other layers."""

from collections.abc import Mapping

from halflight.export.converters.merging import merge
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer

_KINDS = {"sum": "Add", "ave": "Add", "mul": "Mul"}


def _bidirectional(w: Writer, layer: layers.Bidirectional, x: Value, shape: Shape) -> str:
    """Write both recurrent layers, and merge what they say."""
    last = shape[-1] // 2 if layer.merge_mode == "concat" else shape[-1]
    inner_shape = (*shape[:-1], last)
    parts = [
        w.convert(inner, x, inner_shape) for inner in (layer.forward_layer, layer.backward_layer)
    ]
    if layer.merge_mode == "concat":
        return w.op("Concat", *parts, axis=len(shape))
    merged = merge(w, _KINDS[layer.merge_mode], parts)
    return w.op("Mul", merged, w.numbers(0.5)) if layer.merge_mode == "ave" else merged


def _time_distributed(w: Writer, layer: layers.TimeDistributed, x: Value, shape: Shape) -> str:
    """Write the layer for all steps of all samples as one batch."""
    step = x.shape[1:]
    y = w.convert(layer.layer, Value(w.regroup(x.name, step), step), shape[1:])
    return w.regroup(y, shape)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Bidirectional: _bidirectional,
    layers.TimeDistributed: _time_distributed,
}
