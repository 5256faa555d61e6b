"""Shapes of local response normalisation: any axes, then c channels."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "... c")

SHAPES = {"local_response_norm_forward": _SAME, "local_response_norm_backward": _SAME}
