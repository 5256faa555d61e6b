"""Shapes of depthwise convolution: images h by w, outputs p by q, c channels, m times."""

_DEPTHWISE = {
    "y": "n p q c*m",
    "x": "n h w c",
    "w": "u v c m",
    "b": "c*m?",
    "dy": "n p q c*m",
    "dx": "n h w c",
    "dw": "u v c m",
    "db": "c*m?",
}

SHAPES = {
    "depthwise_conv2d_forward": _DEPTHWISE,
    "depthwise_conv2d_backward_input": _DEPTHWISE,
    "depthwise_conv2d_backward_weights": _DEPTHWISE,
}
