"""Shapes of layer normalisation: any axes, the rows, then c features."""

_NORM = (
    dict.fromkeys(["y", "x", "dy", "dx"], "... c")
    | dict.fromkeys(["mean", "inverse_deviation"], "...")
    | dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")
)

SHAPES = {"layer_norm_forward": _NORM, "layer_norm_backward": _NORM}
