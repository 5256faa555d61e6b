"""Shapes of turned and moved images: n samples, h by w, c channels."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "n h w c")

SHAPES = dict.fromkeys(
    (
        "random_orientation_forward",
        "random_orientation_backward",
        "random_shift_forward",
        "random_shift_backward",
    ),
    _SAME,
)
