"""Shapes of the simple recurrent layer: n samples, t steps, u units."""

_RNN = {"y": "n t u", "dy": "n t u", "w": "u u", "dw": "u u?"}

SHAPES = {"simple_rnn_forward": _RNN, "simple_rnn_backward": _RNN}
