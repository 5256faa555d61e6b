"""Shapes of long short-term memory: n samples, t steps, u units, four gates."""

_LSTM = dict.fromkeys(["y", "c", "dy"], "n t u") | {"gates": "n t 4u", "w": "u 4u", "dw": "u 4u?"}

SHAPES = {"lstm_forward": _LSTM, "lstm_backward": _LSTM}
