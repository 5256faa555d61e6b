"""Shapes of group normalisation: n samples of p positions and c channels in g groups."""

_NORM = (
    dict.fromkeys(["y", "x", "dy", "dx"], "n p c")
    | dict.fromkeys(["mean", "inverse_deviation"], "n g")
    | dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")
)

SHAPES = {"group_norm_forward": _NORM, "group_norm_backward": _NORM}
