"""Shapes of dropout: any; of spatial dropout: n samples, p positions, c channels."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx"], "...")
_SPATIAL = dict.fromkeys(["y", "x", "dy", "dx"], "n p c")

SHAPES = {
    "dropout_forward": _SAME,
    "dropout_backward": _SAME,
    "spatial_dropout_forward": _SPATIAL,
    "spatial_dropout_backward": _SPATIAL,
}
