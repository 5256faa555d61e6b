"""Shapes of softmax: any, the same for all arrays; its sums run over the last axis, c values."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "... c")

SHAPES = dict.fromkeys(
    ("softmax_forward", "softmax_backward", "log_softmax_forward", "log_softmax_backward"), _SAME
)
