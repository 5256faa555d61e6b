"""Shapes of the kernels that fill, copy and add whole arrays."""

_SAME = dict.fromkeys(["y", "x"], "...")

SHAPES = dict.fromkeys(["copy", "copy_if", "fill", "accumulate"], _SAME | {"flag": "1"})
