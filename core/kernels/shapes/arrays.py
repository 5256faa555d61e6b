"""Shapes of the kernels that fill, copy and add whole arrays."""

_SAME = dict.fromkeys(["y", "x"], "...")

SHAPES = {"copy": _SAME, "fill": _SAME, "accumulate": _SAME}
