"""Converters of ConvLSTM: ONNX has none, so that its steps are written one after the other."""

from collections.abc import Mapping

from onnx import TensorProto

from halflight.export.converters.activation import apply
from halflight.export.converters.convolution import bias_of, convolve, filters_first
from halflight.export.converters.masking import counts_of
from halflight.export.converters.recurrent import Values, given, rows
from halflight.export.converters.windows import pads
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.activation import FUNCTIONS
from halflight.nn.layers.conv_lstm import ConvLSTM


def _conv_lstm(w: Writer, layer: ConvLSTM, x: Values, shape: Shape) -> str:
    sequence, initial, mask = given(w, layer, x)
    rank, filters = layer.axes, layer.filters
    maps, times = shape[-1 - rank :], sequence.shape[0]
    images = Value(w.regroup(sequence.name, sequence.shape[1:]), sequence.shape[1:])
    projected = (*maps[:-1], 4 * filters)
    weights = [w.weight(layer.kernel, filters_first), *bias_of(w, layer.bias)]
    all_steps = w.channels_last(convolve(w, layer, images, projected, weights, 1), rank)
    all_steps = w.regroup(all_steps, (times, *projected))
    recurrent = w.weight(layer.recurrent_kernel, filters_first)
    size, ones = layer.lengths("kernel_size"), (1,) * rank
    margins = pads("same", maps[:-1], maps[:-1], size, ones)
    state, cell = [value.name for value in initial] or ("", "")
    shown, counts = "", None if mask is None else counts_of(w, mask.name)
    outputs = []
    for time in range(times)[:: -1 if layer.go_backwards else 1]:
        step = w.integers(time, "step")
        total = w.op("Gather", all_steps, step, axis=1)
        if state:
            entering = w.op(
                "Conv", w.channels_first(state, rank), recurrent, kernel_shape=size, pads=margins
            )
            total = w.op("Add", total, w.channels_last(entering, rank))
        i, f, g, o = (_gate(w, layer, total, number) for number in range(4))
        new = w.op("Mul", i, g)
        new_cell = w.op("Add", w.op("Mul", f, cell), new) if cell else new
        new_state = w.op("Mul", o, apply(w, layer.function, new_cell))
        if counts is None:
            state, cell, shown = new_state, new_cell, new_state
        else:
            flag = w.op("Gather", counts, step, axis=1)
            read = w.op("Cast", w.reshape(flag, (1,) * len(maps)), to=TensorProto.BOOL)
            state, cell, shown = (
                w.op("Where", read, after, before or w.numbers(0.0))
                for after, before in ((new_state, state), (new_cell, cell), (new_state, shown))
            )
            if layer.zero_output_for_mask and layer.return_sequences:
                shown = w.op("Where", read, new_state, w.numbers(0.0))
        outputs.append(shown)
    output, axis = outputs[-1], w.integers([1], "axes")
    if layer.return_sequences:
        in_order = outputs[:: 1 if layer.turned == layer.go_backwards else -1]
        output = w.op("Concat", *(w.op("Unsqueeze", each, axis) for each in in_order), axis=1)
    return rows(w, layer, output, [state, cell]) if layer.return_state else output


def _gate(w: Writer, layer: ConvLSTM, total: str, number: int) -> str:
    """Write the activation of one of i, f, g, o, which lie side by side."""
    begin, end = (w.integers([layer.filters * (number + k)], "gate") for k in (0, 1))
    part = w.op("Slice", total, begin, end, w.integers([layer.axes + 1], "axes"))
    name = layer.activation if number == 2 else layer.recurrent_activation
    return apply(w, FUNCTIONS[name] if name else None, part)


CONVERTERS: Mapping[type[Layer], Converter] = dict.fromkeys(
    (layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D), _conv_lstm
)
