"""Converters of the recurrent layers, as ONNX's own: time first, gates in ONNX's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto

from halflight.export.converters.masking import counts_of, flipped, on_packed
from halflight.export.writer import Converter, Host, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.recurrent import Recurrent
from halflight.nn.layers.recurring import Recurring

Values = Value | list[Value]
"""A sequence, or [sequence, states to begin with, mask]."""

# ONNX's activations of recurrences by ours: name, alpha, beta; those that the function takes.
_ACTIVATIONS: Mapping[str, tuple[str, tuple[float, ...], tuple[float, ...]]] = {
    "linear": ("Affine", (1.0,), (0.0,)),
    "relu": ("Relu", (), ()),
    "leaky_relu": ("LeakyRelu", (0.2,), ()),
    "elu": ("Elu", (1.0,), ()),
    "sigmoid": ("Sigmoid", (), ()),
    "hard_sigmoid": ("HardSigmoid", (1.0 / 6.0,), (0.5,)),
    "tanh": ("Tanh", (), ()),
    "softplus": ("Softplus", (), ()),
    "softsign": ("Softsign", (), ()),
}


def _simple_rnn(w: Writer, layer: layers.SimpleRNN, x: Values, shape: Shape) -> str:
    return _recurrent(w, layer, "RNN", (0,), x, **_activations(w, layer.activation))


def _lstm(w: Writer, layer: layers.LSTM, x: Values, shape: Shape) -> str:
    """Keras's order is i, f, g, o, ONNX's i, o, f, g."""
    known = {}
    if not layer.is_fused:
        known = _activations(w, layer.recurrent_activation, layer.activation, layer.activation)
    return _recurrent(w, layer, "LSTM", (0, 3, 1, 2), x, **known)


def _gru(w: Writer, layer: layers.GRU, x: Values, shape: Shape) -> str:
    """Both have the order z, r, h, and both versions of the reset gate."""
    known = {}
    if not layer.is_fused:
        known = _activations(w, layer.recurrent_activation, layer.activation)
    after = int(layer.reset_after)
    return _recurrent(w, layer, "GRU", (0, 1, 2), x, linear_before_reset=after, **known)


def _activations(w: Writer, *names: str | None) -> dict[str, Any]:
    """Return the attributes that say these activations; constants go to those that take some."""
    unknown = [name for name in names if (name or "linear") not in _ACTIVATIONS]
    if unknown:
        raise w.error(f"its recurrences have no activation {unknown[0]!r}")
    found = [_ACTIVATIONS[name or "linear"] for name in names]
    known: dict[str, Any] = {"activations": [name for name, _, _ in found]}
    for attribute, values in (
        ("activation_alpha", [a for _, alpha, _ in found for a in alpha]),
        ("activation_beta", [b for _, _, beta in found for b in beta]),
    ):
        if values:
            known[attribute] = values
    return known


@dataclass(frozen=True)
class _Operator:
    """ONNX's operator of a layer, whose arrays have an axis of one direction."""

    w: Writer
    layer: Recurrent
    kind: str
    order: Sequence[int]
    initial: Sequence[str]
    attributes: Mapping[str, Any]

    def __call__(self, sequence: str, direction: str, length: str = "") -> list[str]:
        """Write all states (time, 1, n, units), and the last ones (1, n, units).

        length (n,) is how many steps count, or is left out.
        """
        w, layer = self.w, self.layer
        inputs = [
            w.transpose(sequence, (1, 0, 2)),
            w.weight(layer.kernel, self._kernel),
            w.weight(layer.recurrent_kernel, self._kernel),
        ]
        if layer.bias is not None:
            inputs.append(w.weight(layer.bias, self._bias))
        if self.initial or length:
            inputs += ["", length][len(inputs) - 3 :]
            axis = w.integers([0], "axes")
            inputs += [w.op("Unsqueeze", state, axis) for state in self.initial]
        size = {"hidden_size": layer.units, "direction": direction}
        wanted = 1 + layer.state_count if layer.return_state else 2
        return w.ops(self.kind, inputs, wanted, **size, **self.attributes)

    def _in_order(self, array: Host) -> Host:
        """(n, gates * units), the gates in ONNX's order."""
        count, units = len(self.order), self.layer.units
        return array.reshape(-1, count, units)[:, self.order].reshape(-1, count * units)

    def _kernel(self, array: Host) -> Host:
        """(n, gates * units) -> (1, gates * units, n)."""
        return self._in_order(array).T[np.newaxis]

    def _bias(self, array: Host) -> Host:
        """One bias, or the input's and the recurrent product's -> (1, 2 * gates * units)."""
        both = self._in_order(array)
        return np.concatenate([both, np.zeros_like(both)])[:2].reshape(1, -1)


def given(w: Writer, layer: Recurring, x: Values) -> tuple[Value, list[Value], Value | None]:
    """Return the sequence, the states to begin with, and the mask.

    Raises:
        ValueError: the layer is stateful.
    """
    if layer.stateful:
        raise w.error(
            "a graph remembers nothing between two runs: build the layer with stateful=False, and "
            "return_state and initial_state, so that the states are outputs and inputs"
        )
    sequence, *rest = x if isinstance(x, list) else [x]
    return sequence, rest, rest.pop() if layer.masked else None


def _recurrent(
    w: Writer, layer: Recurrent, kind: str, order: Sequence[int], x: Values, **attributes: Any
) -> str:
    """Write the operator, and pick its output and the states it ends in."""
    sequence, rest, mask = given(w, layer, x)
    operator = _Operator(w, layer, kind, order, [state.name for state in rest], attributes)
    if mask is not None:
        return _masked(operator, sequence, mask)
    states, *last = operator(sequence.name, "reverse" if layer.go_backwards else "forward")
    if not layer.return_sequences:
        output = w.op("Squeeze", last[0], w.integers([0], "axes"))
    else:
        output = flipped(w, _in_time(w, states)) if layer.turned else _in_time(w, states)
    if not layer.return_state:
        return output
    finals = [w.op("Squeeze", state, w.integers([0], "axes")) for state in last]
    return rows(w, layer, output, finals)


def _masked(operator: _Operator, sequence: Value, mask: Value) -> str:
    """Write the same of the steps that count."""
    w, layer = operator.w, operator.layer
    finals: list[str] = []

    def recur(packed: str) -> str:
        if not layer.return_state:
            return _in_time(w, operator(packed, "forward")[0])
        count = w.op("ReduceSum", counts_of(w, mask.name), w.integers([1], "axes"), keepdims=0)
        length = w.op("Cast", w.op("Max", count, w.integers(1, "one")), to=TensorProto.INT32)
        states, *last = operator(packed, "forward", length)
        empty = w.op("Equal", w.op("Unsqueeze", count, w.integers([1], "axes")), w.integers(0, "0"))
        begun = operator.initial or [w.numbers(0.0)] * len(last)
        for before, state in zip(begun, last, strict=True):
            ended = w.op("Squeeze", state, w.integers([0], "axes"))
            finals.append(w.op("Where", empty, before, ended))
        return _in_time(w, states)

    output = on_packed(w, sequence, mask, recur, reverse=layer.go_backwards)
    if not layer.return_sequences:
        last = w.integers(sequence.shape[0] - 1, "last")
        output = w.op("Gather", output, last, axis=1)
        return rows(w, layer, output, finals) if layer.return_state else output
    if layer.zero_output_for_mask:
        counts = w.op("Cast", counts_of(w, mask.name), to=TensorProto.FLOAT)
        in_order = flipped(w, counts) if layer.go_backwards else counts
        column = w.op("Unsqueeze", in_order, w.integers([2], "axes"))
        output = w.op("Mul", output, column)
    if layer.go_backwards != layer.turned:
        output = flipped(w, output)
    return rows(w, layer, output, finals) if layer.return_state else output


def rows(w: Writer, layer: Recurring, output: str, finals: Sequence[str]) -> str:
    """Write the output and the states it ends in, each (n, ...), as rows (n, rows, ...)."""
    axis = w.integers([1], "axes")
    first = output if layer.return_sequences else w.op("Unsqueeze", output, axis)
    return w.op("Concat", first, *(w.op("Unsqueeze", f, axis) for f in finals), axis=1)


def _part(w: Writer, layer: layers.Part, x: Value, shape: Shape) -> str:
    values = int(np.prod(x.shape))
    begin = w.integers([layer.offset], "begin")
    end = w.integers([layer.offset + int(np.prod(shape))], "end")
    sliced = w.op("Slice", w.reshape(x.name, (values,)), begin, end, w.integers([1], "axes"))
    return w.reshape(sliced, shape)


def _in_time(w: Writer, states: str) -> str:
    """(time, 1, n, units) -> (n, time, units)."""
    return w.transpose(w.op("Squeeze", states, w.integers([1], "axes")), (1, 0, 2))


def _embedding(w: Writer, layer: layers.Embedding, x: Value, shape: Shape) -> str:
    """Write Gather, which runtimes let count from the end where an integer is below zero."""
    return w.op("Gather", w.weight(layer.embeddings), x.name)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Embedding: _embedding,
    layers.GRU: _gru,
    layers.LSTM: _lstm,
    layers.Part: _part,
    layers.SimpleRNN: _simple_rnn,
}
