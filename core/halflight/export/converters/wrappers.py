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
    inner, given = (layer.forward_layer, layer.backward_layer), layer.halves(x)
    if not layer.return_state:
        parts = [
            w.convert(each, read, layer.part_shape) for each, read in zip(inner, given, strict=True)
        ]
        return _merged(w, layer, parts, shape)
    count, one = layer.forward_layer.state_count, shape[1:]
    rows = layer.part_shape[0] - count
    cut = [w.integers(numbers, "rows") for numbers in ([0], [rows], [rows + count])]
    axis, outputs, ends = w.integers([1], "axes"), [], []
    for each, read in zip(inner, given, strict=True):
        whole = w.convert(each, read, layer.part_shape)
        outputs.append(w.op("Slice", whole, cut[0], cut[1], axis))
        ends.append(w.op("Slice", whole, cut[1], cut[2], axis))
    merged = (shape[0] - 2 * count, *one)
    output = w.reshape(_merged(w, layer, outputs, merged), merged)
    return w.op("Concat", output, *ends, axis=1)


def _merged(w: Writer, layer: layers.Bidirectional, parts: list[str], shape: Shape) -> str:
    """Write both outputs as one, of as many axes as `shape`; None puts one after the other."""
    if layer.merge_mode is None:
        rows = (shape[0] // 2, *shape[1:])
        return w.op("Concat", *(w.reshape(part, rows) for part in parts), axis=1)
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
