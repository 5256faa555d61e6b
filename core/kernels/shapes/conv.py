"""Shapes of convolution: images h by w, outputs p by q, windows u by v, channels i in, o out."""

_CONV = {
    "y": "n p q o",
    "x": "n h w i",
    "w": "u v i o",
    "b": "o?",
    "dy": "n p q o",
    "dx": "n h w i",
    "dw": "u v i o",
    "db": "o?",
}

SHAPES = {
    "conv2d_forward": _CONV,
    "conv2d_backward_input": _CONV,
    "conv2d_backward_weights": _CONV,
}
