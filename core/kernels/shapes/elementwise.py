"""Shapes of activations: any, the same for input and output."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "...")

SHAPES = {
    "relu_forward": _SAME,
    "relu_backward": _SAME,
    "leaky_relu_forward": _SAME,
    "leaky_relu_backward": _SAME,
    "elu_forward": _SAME,
    "elu_backward": _SAME,
    "sigmoid_forward": _SAME,
    "sigmoid_backward": _SAME,
    "tanh_forward": _SAME,
    "tanh_backward": _SAME,
    "softplus_forward": _SAME,
    "softplus_backward": _SAME,
    "silu_forward": _SAME,
    "silu_backward": _SAME,
}
