"""Shapes of pooling: images h by w, outputs p by q, m positions of any layout, c channels."""

_POOL = {"y": "n p q c", "x": "n h w c", "dy": "n p q c", "dx": "n h w c", "index": "n p q c"}
_GLOBAL = {"y": "n c", "x": "n m c", "dy": "n c", "dx": "n m c", "index": "n c"}

SHAPES = {
    "max_pool2d_forward": _POOL,
    "max_pool2d_backward": _POOL,
    "average_pool2d_forward": _POOL,
    "average_pool2d_backward": _POOL,
    "global_max_pool_forward": _GLOBAL,
    "global_max_pool_backward": _GLOBAL,
    "global_average_pool_forward": _GLOBAL,
    "global_average_pool_backward": _GLOBAL,
}
