"""Shapes of the kernels that turn and cut sequences: n samples, t steps of u values."""

_WHOLE = dict.fromkeys(["y", "x"], "n t u")

SHAPES = {
    "reverse_time": _WHOLE,
    "take_time": {"y": "n u", "x": "n t u"},
    "put_time": {"dx": "n t u", "dy": "n u"},
}
