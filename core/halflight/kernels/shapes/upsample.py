"""Shapes of enlarging images h by w to p by q, c channels."""

_UPSAMPLE = {"y": "n p q c", "x": "n h w c", "dy": "n p q c", "dx": "n h w c"}

SHAPES = {
    "upsample2d_nearest_forward": _UPSAMPLE,
    "upsample2d_nearest_backward": _UPSAMPLE,
    "upsample2d_bilinear_forward": _UPSAMPLE,
    "upsample2d_bilinear_backward": _UPSAMPLE,
}
