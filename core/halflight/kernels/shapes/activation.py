"""Shapes of smooth activations: any, the same for all arrays."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "...")

SHAPES = dict.fromkeys(
    (
        "gaussian_forward",
        "gaussian_backward",
        "exponential_forward",
        "exponential_backward",
        "sigmoid_forward",
        "sigmoid_backward",
        "tanh_forward",
        "tanh_backward",
        "softplus_forward",
        "softplus_backward",
        "silu_forward",
        "silu_backward",
        "gelu_forward",
        "gelu_backward",
        "gelu_tanh_forward",
        "gelu_tanh_backward",
        "mish_forward",
        "mish_backward",
        "softsign_forward",
        "softsign_backward",
    ),
    _SAME,
)
