"""Shapes of the dense kernels: n samples, i features in, o features out."""

_DENSE = {
    "y": "n o",
    "x": "n i",
    "w": "i o",
    "b": "o?",
    "dy": "n o",
    "dx": "n i",
    "dw": "i o",
    "db": "o?",
}

SHAPES = {
    "dense_forward": _DENSE,
    "dense_backward_input": _DENSE,
    "dense_backward_weights": _DENSE,
}
