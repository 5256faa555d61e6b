"""Shapes of the bias kernels: any axes, then o features."""

SHAPES = {
    "bias_forward": {"y": "... o", "b": "o"},
    "bias_backward": {"db": "o", "dy": "... o"},
}
