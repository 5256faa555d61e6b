"""Shapes of batch normalisation: any axes, then c channels."""

_NORM = (
    dict.fromkeys(["y", "x", "dy", "dx"], "... c")
    | dict.fromkeys(["mean", "inverse_deviation", "running_mean", "running_variance"], "c")
    | dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")
)

SHAPES = {
    "batch_norm_forward_training": _NORM,
    "batch_norm_forward_inference": _NORM,
    "batch_norm_backward": _NORM,
    "batch_norm_backward_inference": _NORM,
}
