"""Shapes of convolution: images d by h by w, outputs r by p by q, windows t by u by v.

Channels are g groups of i in, and o out.
"""

_CONV2D = {
    "y": "n p q o",
    "x": "n h w g*i",
    "w": "u v i o",
    "b": "o?",
    "dy": "n p q o",
    "dx": "n h w g*i",
    "dw": "u v i o",
    "db": "o?",
}
_CONV3D = _CONV2D | {
    "y": "n r p q o",
    "x": "n d h w g*i",
    "w": "t u v i o",
    "dy": "n r p q o",
    "dx": "n d h w g*i",
    "dw": "t u v i o",
}

SHAPES = {
    "conv2d_forward": _CONV2D,
    "conv2d_backward_input": _CONV2D,
    "conv2d_backward_weights": _CONV2D,
    "conv3d_forward": _CONV3D,
    "conv3d_backward_input": _CONV3D,
    "conv3d_backward_weights": _CONV3D,
}
