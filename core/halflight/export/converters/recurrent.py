"""Converters of the recurrent layers, as ONNX's own: time first, gates in ONNX's order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from halflight.export.converters.masking import flipped, on_packed
from halflight.export.writer import Converter, Host, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.recurrent import Recurrent

Values = Value | list[Value]
"""A sequence, or [sequence, mask]."""


def _simple_rnn(w: Writer, layer: layers.SimpleRNN, x: Values, shape: Shape) -> str:
    name = (layer.activation or "linear").capitalize()
    known: dict[str, Any] = {"activations": ["Affine" if name == "Linear" else name]}
    if name == "Linear":
        known |= {"activation_alpha": [1.0], "activation_beta": [0.0]}
    return _recurrent(w, layer, "RNN", (0,), x, **known)


def _lstm(w: Writer, layer: layers.LSTM, x: Values, shape: Shape) -> str:
    """Keras's order is i, f, g, o, ONNX's i, o, f, g."""
    return _recurrent(w, layer, "LSTM", (0, 3, 1, 2), x)


def _gru(w: Writer, layer: layers.GRU, x: Values, shape: Shape) -> str:
    """Both have the order z, r, h, and both versions of the reset gate."""
    after = int(layer.reset_after)
    return _recurrent(w, layer, "GRU", (0, 1, 2), x, linear_before_reset=after)


def _recurrent(
    w: Writer, layer: Recurrent, kind: str, order: Sequence[int], x: Values, **attributes: Any
) -> str:
    """Write the operator, whose arrays have an axis of one direction, and pick its output."""
    units = layer.units

    def in_order(array: Host) -> Host:
        """(n, gates * units), the gates in ONNX's order."""
        gates = array.reshape(-1, len(order), units)
        return gates[:, order].reshape(-1, len(order) * units)

    def kernel(array: Host) -> Host:
        """(n, gates * units) -> (1, gates * units, n)."""
        return in_order(array).T[np.newaxis]

    def bias(array: Host) -> Host:
        """One bias, or the input's and the recurrent product's -> (1, 2 * gates * units)."""
        both = in_order(array)
        return np.concatenate([both, np.zeros_like(both)])[:2].reshape(1, -1)

    def operator(sequence: str, direction: str) -> list[str]:
        """All states (time, 1, n, units) and the last (1, n, units)."""
        inputs = [
            w.transpose(sequence, (1, 0, 2)),
            w.weight(layer.kernel, kernel),
            w.weight(layer.recurrent_kernel, kernel),
            *([] if layer.bias is None else [w.weight(layer.bias, bias)]),
        ]
        return w.ops(kind, inputs, 2, hidden_size=units, direction=direction, **attributes)

    def in_time(states: str) -> str:
        """(time, 1, n, units) -> (n, time, units)."""
        return w.transpose(w.op("Squeeze", states, w.integers([1], "axes")), (1, 0, 2))

    if isinstance(x, list):

        def forward(sequence: str) -> str:
            return in_time(operator(sequence, "forward")[0])

        sequence, mask = x
        read = on_packed(w, sequence, mask, forward, reverse=layer.go_backwards)
        if not layer.return_sequences:
            return w.op("Gather", read, w.integers(x[0].shape[0] - 1, "last"), axis=1)
        return flipped(w, read) if layer.go_backwards != layer.turned else read
    states, last = operator(x.name, "reverse" if layer.go_backwards else "forward")
    if not layer.return_sequences:
        return w.op("Squeeze", last, w.integers([0], "axes"))
    return flipped(w, in_time(states)) if layer.turned else in_time(states)


def _embedding(w: Writer, layer: layers.Embedding, x: Value, shape: Shape) -> str:
    """Write Gather, which runtimes let count from the end where an integer is below zero."""
    return w.op("Gather", w.weight(layer.embeddings), x.name)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Embedding: _embedding,
    layers.GRU: _gru,
    layers.LSTM: _lstm,
    layers.SimpleRNN: _simple_rnn,
}
