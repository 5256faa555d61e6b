"""Converters of the layers that run other layers."""

from collections.abc import Mapping

from halflight.export.converters.merging import merge
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer

_KINDS = {"sum": "Add", "ave": "Add", "mul": "Mul"}


def _bidirectional(
    w: Writer, layer: layers.Bidirectional, x: Value | list[Value], shape: Shape
) -> str:
    """Write both recurrent layers, and merge what they say."""
    inner = (layer.forward_layer, layer.backward_layer)
    given = layer.halves(x)
    if not layer.return_state:
        last = shape[-1] // 2 if layer.merge_mode == "concat" else shape[-1]
        parts = [
            w.convert(each, read, (*shape[:-1], last))
            for each, read in zip(inner, given, strict=True)
        ]
        return _merged(w, layer, parts, axis=len(shape))
    count, units = layer.forward_layer.state_count, shape[1]
    rows = (shape[0] - 2 * count) // (2 if layer.merge_mode == "concat" else 1)
    cut = [w.integers(numbers, "rows") for numbers in ([0], [rows], [rows + count])]
    axis, outputs, ends = w.integers([1], "axes"), [], []
    for each, read in zip(inner, given, strict=True):
        whole = w.convert(each, read, (rows + count, units))
        outputs.append(w.op("Slice", whole, cut[0], cut[1], axis))
        ends.append(w.op("Slice", whole, cut[1], cut[2], axis))
    merged = w.reshape(_merged(w, layer, outputs, axis=2), (shape[0] - 2 * count, units))
    return w.op("Concat", merged, *ends, axis=1)


def _merged(w: Writer, layer: layers.Bidirectional, parts: list[str], axis: int) -> str:
    if layer.merge_mode == "concat":
        return w.op("Concat", *parts, axis=axis)
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
