"""Shapes of fused kernels: images h by w, outputs p by q (halves if pooled), windows u by v."""

_CONV = {
    "y": "n p q o",
    "index": "n p q o?",
    "x": "n h w g*i",
    "w": "u v i o",
    **dict.fromkeys(["b", "gamma", "beta", "running_mean", "running_variance"], "o?"),
}
_NORM = {
    "y": "n p q c",
    "index": "n p q c?",
    "x": "n h w c",
    "dy": "n p q c",
    "dx": "n h w c",
    **dict.fromkeys(["mean", "inverse_deviation", "running_mean", "running_variance"], "c"),
    **dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?"),
}

SHAPES = {
    "conv2d_fused_forward": _CONV,
    "batch_norm_fused_forward": _NORM,
    "batch_norm_fused_backward": _NORM,
    "rectified_pool_backward": _NORM,
}
