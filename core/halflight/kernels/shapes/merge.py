"""Shapes of merging two arrays into one: any, the same for all."""

_SAME = dict.fromkeys(["y", "a", "b", "dx", "dy", "x"], "...")

SHAPES = {
    "add_forward": _SAME,
    "subtract_forward": _SAME,
    "multiply_forward": _SAME,
    "maximum_forward": _SAME,
    "minimum_forward": _SAME,
    "extremum_backward": _SAME,
}
