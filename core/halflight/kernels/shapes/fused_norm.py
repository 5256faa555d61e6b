"""Shapes of fused batch normalisation: images h by w, outputs p by q (halves if pooled)."""

_NORM = {
    "y": "n p q c",
    "index": "n p q c?",
    "x": "n h w c",
    "dy": "n p q c",
    "dx": "n h w c",
    **dict.fromkeys(["mean", "inverse_deviation", "running_mean", "running_variance"], "c"),
    **dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?"),
}

SHAPES = {"batch_norm_fused_forward": _NORM, "batch_norm_fused_backward": _NORM}
