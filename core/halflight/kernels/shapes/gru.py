"""Shapes of gated recurrent units: n samples, t steps, u units, three gates, two biases."""

_GRU = dict.fromkeys(["y", "dy", "inner"], "n t u") | {
    "gates": "n t 3u",
    "w": "u 3u",
    "dw": "u 3u?",
    "b": "2 3u?",
    "db": "2 3u?",
}

SHAPES = dict.fromkeys(
    [
        "gru_forward",
        "gru_backward",
        "gru_reset_before_forward",
        "gru_reset_before_backward",
    ],
    _GRU,
)
