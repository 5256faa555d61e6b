"""Converters of masks, and of what reads masked sequences: steps packed, computed, shown again."""

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto

from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer

_FIRST = np.iinfo(np.int64).min
"""Where a Slice that goes backwards ends so that it holds the first."""


def flipped(w: Writer, x: str) -> str:
    """Write x (n, time, ...) with the last step first."""
    ends = (w.integers([-1], "slice"), w.integers([_FIRST], "slice"))
    return w.op("Slice", x, *ends, w.integers([1], "axes"), w.integers([-1], "slice"))


def on_packed(
    w: Writer,
    x: Value,
    mask: Value,
    recur: Callable[[str], str],
    *,
    reverse: bool,
) -> str:
    """Write the states (n, time, units) of the steps that count, in the order they are read.

    `recur` writes the states of a sequence (n, time, features), read forward.
    """
    sequence, counts = x.name, counts_of(w, mask.name)
    if reverse:
        sequence, counts = flipped(w, sequence), flipped(w, counts)
    steps = x.shape[0]
    later = w.integers(np.arange(steps), "steps")
    keys = w.op("Sub", w.op("Mul", counts, w.integers(2 * steps, "steps")), later)
    _, order = w.ops("TopK", [keys, w.integers([steps], "steps")], 2, axis=1)
    states = recur(_picked(w, sequence, order))
    read = w.op("CumSum", counts, w.integers(1, "axis"))
    shown = w.op("Max", w.op("Sub", read, w.integers(1, "one")), w.integers(0, "zero"))
    begun = w.op("Cast", w.op("Greater", read, w.integers(0, "zero")), to=TensorProto.FLOAT)
    return w.op("Mul", _picked(w, states, shown), _as_column(w, begun))


def _picked(w: Writer, x: str, order: str) -> str:
    """Write the steps of x (n, time, k) that `order` (n, time) names."""
    index = w.op("Expand", _as_column(w, order), w.op("Shape", x))
    return w.op("GatherElements", x, index, axis=1)


def _as_column(w: Writer, x: str) -> str:
    return w.op("Unsqueeze", x, w.integers([2], "axes"))


def counts_of(w: Writer, mask: str) -> str:
    """Write which steps count, as integers."""
    differs = w.op("Not", w.op("Equal", mask, w.numbers(0.0)))
    return w.op("Cast", differs, to=TensorProto.INT64)


def _not_equal(w: Writer, layer: layers.NotEqual, x: Value, shape: Shape) -> str:
    if layer.integers:
        value = w.op("Cast", w.integers(int(layer.value), "value"), to=TensorProto.INT32)
        differs = w.op("Not", w.op("Equal", x.name, value))
        return w.op("Cast", differs, to=TensorProto.FLOAT)
    return _steps_other_than(w, layer.value, x)


def _steps_other_than(w: Writer, value: float, x: Value) -> str:
    rows = w.reshape(x.name, (x.shape[0], int(np.prod(x.shape[1:]))))
    differs = w.op("Not", w.op("Equal", rows, w.numbers(value)))
    numbers = w.op("Cast", differs, to=TensorProto.FLOAT)
    count = w.op("ReduceSum", numbers, w.integers([2], "axes"), keepdims=0)
    return w.op("Min", count, w.numbers(1.0))


def _masking(w: Writer, layer: layers.Masking, x: Value, shape: Shape) -> str:
    counts = w.reshape(_steps_other_than(w, layer.mask_value, x), (shape[0], *[1] * len(shape[1:])))
    return w.op("Mul", x.name, counts)


def masked_mean(w: Writer, x: Value, mask: Value) -> str:
    """Write the mean (n, k) of the steps that count, 0 where none does."""
    counts = _as_column(w, w.op("Cast", counts_of(w, mask.name), to=TensorProto.FLOAT))
    axes = w.integers([1], "axes")
    total = w.op("ReduceSum", w.op("Mul", x.name, counts), axes, keepdims=0)
    number = w.op("ReduceSum", counts, axes, keepdims=0)
    return w.op("Div", total, w.op("Max", number, w.numbers(1.0)))


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Masking: _masking,
    layers.NotEqual: _not_equal,
}
