"""Shapes of activations in pieces: any, the same for all arrays; slopes for f features."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "...")

SHAPES = dict.fromkeys(
    (
        "relu_forward",
        "relu_backward",
        "clipped_relu_forward",
        "clipped_relu_backward",
        "leaky_relu_forward",
        "leaky_relu_backward",
        "elu_forward",
        "elu_backward",
        "selu_forward",
        "selu_backward",
        "step_forward",
        "step_backward",
        "hard_sigmoid_forward",
        "hard_sigmoid_backward",
    ),
    _SAME,
) | dict.fromkeys(
    ("prelu_forward", "prelu_backward"),
    dict.fromkeys(["y", "x", "dy", "dx"], "... f") | {"alpha": "f", "dalpha": "f?"},
)
