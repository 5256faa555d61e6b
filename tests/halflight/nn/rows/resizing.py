"""Rows of the layers that upsample, pad and crop."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, SEQUENCE, Row

ROWS = {
    "upsampling": Row(layers.UpSampling2D, (IMAGE,), (14, 12, 3)),
    "upsampling bilinear": Row(
        lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"), (IMAGE,), (14, 18, 3)
    ),
    "upsampling 1d": Row(lambda: layers.UpSampling1D(3), (SEQUENCE,), (27, 4)),
    "zero padding": Row(layers.ZeroPadding2D, (IMAGE,), (9, 8, 3)),
    "zero padding pairs": Row(lambda: layers.ZeroPadding2D(((1, 0), (2, 3))), (IMAGE,), (8, 11, 3)),
    "zero padding 1d": Row(lambda: layers.ZeroPadding1D((2, 0)), (SEQUENCE,), (11, 4)),
    "cropping": Row(lambda: layers.Cropping2D((2, 1)), (IMAGE,), (3, 4, 3)),
    "cropping pairs": Row(lambda: layers.Cropping2D(((0, 1), (2, 0))), (IMAGE,), (6, 4, 3)),
    "cropping 1d": Row(layers.Cropping1D, (SEQUENCE,), (7, 4)),
    "upsampling 3d": Row(lambda: layers.UpSampling3D((2, 1, 3)), ((3, 2, 4, 2),), (6, 2, 12, 2)),
    "zero padding 3d": Row(
        lambda: layers.ZeroPadding3D(((1, 0), (2, 1), (0, 2))), ((3, 2, 4, 2),), (4, 5, 6, 2)
    ),
    "cropping 3d": Row(
        lambda: layers.Cropping3D(((1, 0), (0, 1), (2, 1))), ((4, 3, 5, 2),), (3, 2, 2, 2)
    ),
    "resizing": Row(lambda: layers.Resizing(10, 4), (IMAGE,), (10, 4, 3)),
    "resizing nearest": Row(lambda: layers.Resizing(3, 11, "nearest"), (IMAGE,), (3, 11, 3)),
    "resizing one pixel": Row(lambda: layers.Resizing(3, 2), ((1, 1, 2),), (3, 2, 2)),
    "padding 1d": Row(lambda: layers.Padding1D((2, 1)), ((5, 3),), (8, 3)),
    "padding edge": Row(lambda: layers.Padding2D(((1, 2), (0, 9)), "edge"), (IMAGE,), (10, 15, 3)),
    "padding wrap": Row(lambda: layers.Padding2D(2, "wrap"), (IMAGE,), (11, 10, 3)),
    "padding symmetric": Row(lambda: layers.Padding2D((3, 1), "symmetric"), (IMAGE,), (13, 8, 3)),
    "center crop": Row(lambda: layers.CenterCrop(4, 6), (IMAGE,), (4, 6, 3)),
}
