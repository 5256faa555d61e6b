"""Shapes of moving pixels: images h by w inside images p by q, c of d values of each row."""

SHAPES = {
    "concatenate_forward": {"y": "... d", "x": "... c"},
    "concatenate_backward": {"dx": "... c", "dy": "... d"},
    "pad2d": {"y": "n p q c", "x": "n h w c"},
    "crop2d": {"y": "n h w c", "x": "n p q c"},
    "permute": {"y": "...y", "x": "...x"},
}
