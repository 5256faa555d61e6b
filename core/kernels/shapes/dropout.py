"""Shapes of dropout: any, the same for input and output."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "...")

SHAPES = {"dropout_forward": _SAME, "dropout_backward": _SAME}
