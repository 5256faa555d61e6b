"""Shapes of fused convolution: images h by w, outputs p by q (halves if pooled), windows u by v."""

_CONV = {
    "y": "n p q o",
    "index": "n p q o?",
    "x": "n h w g*i",
    "w": "u v i o",
    **dict.fromkeys(["b", "gamma", "beta", "running_mean", "running_variance"], "o?"),
}
_POOL = {
    "dx": "n h w c",
    "dy": "n p q c",
    "index": "n p q c",
    "y": "n p q c",
}

SHAPES = {"conv2d_fused_forward": _CONV, "rectified_pool_backward": _POOL}
