"""Shapes of pooling: images h by w, outputs p by q, c channels."""

_POOL = {"y": "n p q c", "x": "n h w c", "dy": "n p q c", "dx": "n h w c", "index": "n p q c"}

SHAPES = {
    "max_pool2d_forward": _POOL,
    "max_pool2d_backward": _POOL,
    "average_pool2d_forward": _POOL,
    "average_pool2d_backward": _POOL,
    "global_average_pool2d_forward": {"y": "n c", "x": "n h w c"},
    "global_average_pool2d_backward": {"dx": "n h w c", "dy": "n c"},
}
