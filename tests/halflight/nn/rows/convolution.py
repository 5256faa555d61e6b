"""Rows of the convolution layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

SEQUENCE = (9, 4)
VOLUME = (5, 4, 6, 2)

ROWS = {
    "conv valid": Row(lambda: layers.Conv2D(4, 3), (IMAGE,), (5, 4, 4)),
    "conv same": Row(lambda: layers.Conv2D(4, 3, padding="same"), (IMAGE,), (7, 6, 4)),
    "conv strides": Row(
        lambda: layers.Conv2D(
            4, (5, 3), strides=2, padding="same", activation="tanh", use_bias=False
        ),
        (IMAGE,),
        (4, 3, 4),
    ),
    "conv 1x1 silu": Row(lambda: layers.Conv2D(2, 1, activation="silu"), (IMAGE,), (7, 6, 2)),
    "conv dilated": Row(
        lambda: layers.Conv2D(4, 3, padding="same", dilation_rate=(2, 1)), (IMAGE,), (7, 6, 4)
    ),
    "conv groups": Row(lambda: layers.Conv2D(6, 2, groups=3), (IMAGE,), (6, 5, 6)),
    "conv explicit padding": Row(
        lambda: layers.Conv2D(2, 3, padding=((2, 0), 1)), (IMAGE,), (7, 6, 2)
    ),
    "conv1d": Row(lambda: layers.Conv1D(3, 2, activation="relu"), (SEQUENCE,), (8, 3)),
    "conv1d causal": Row(
        lambda: layers.Conv1D(4, 3, padding="causal", dilation_rate=2, groups=2),
        (SEQUENCE,),
        (9, 4),
    ),
    "conv1d same": Row(
        lambda: layers.Conv1D(2, 4, 3, "same", activation="softplus"), (SEQUENCE,), (3, 2)
    ),
    "conv1d explicit padding": Row(
        lambda: layers.Conv1D(2, 4, padding=((1, 2),)), (SEQUENCE,), (9, 2)
    ),
    "conv3d": Row(lambda: layers.Conv3D(3, (2, 3, 2)), (VOLUME,), (4, 2, 5, 3)),
    "conv3d same": Row(
        lambda: layers.Conv3D(4, 3, 2, "same", groups=2, activation="tanh"), (VOLUME,), (3, 2, 3, 4)
    ),
    "conv3d dilated": Row(
        lambda: layers.Conv3D(2, 2, padding=1, dilation_rate=(3, 2, 2), use_bias=False),
        (VOLUME,),
        (4, 4, 6, 2),
    ),
    "transpose valid": Row(lambda: layers.Conv2DTranspose(2, 3), (IMAGE,), (9, 8, 2)),
    "transpose same": Row(
        lambda: layers.Conv2DTranspose(2, (3, 1), 2, "same", activation="silu"),
        (IMAGE,),
        (14, 12, 2),
    ),
    "transpose output padding": Row(
        lambda: layers.Conv2DTranspose(2, 3, (3, 2), output_padding=1, use_bias=False),
        (IMAGE,),
        (22, 14, 2),
    ),
    "transpose dilated": Row(
        lambda: layers.Conv2DTranspose(2, 2, padding="same", dilation_rate=2),
        (IMAGE,),
        (7, 6, 2),
    ),
    "depthwise": Row(
        lambda: layers.DepthwiseConv2D(3, 2, "same", activation="tanh"), (IMAGE,), (4, 3, 3)
    ),
    "depthwise multiplier": Row(
        lambda: layers.DepthwiseConv2D((2, 3), depth_multiplier=2, dilation_rate=2, use_bias=False),
        (IMAGE,),
        (5, 2, 6),
    ),
    "separable": Row(
        lambda: layers.SeparableConv2D(4, 3, padding="same", activation="silu"), (IMAGE,), (7, 6, 4)
    ),
    "separable multiplier": Row(
        lambda: layers.SeparableConv2D(2, 2, 2, depth_multiplier=2, use_bias=False),
        (IMAGE,),
        (3, 3, 2),
    ),
    "depthwise 1d": Row(
        lambda: layers.DepthwiseConv1D(3, 2, "same", 2, activation="tanh"), (SEQUENCE,), (5, 8)
    ),
    "separable 1d": Row(lambda: layers.SeparableConv1D(5, 3, dilation_rate=2), (SEQUENCE,), (5, 5)),
    "transposed 1d": Row(lambda: layers.Conv1DTranspose(3, 4, 3, "same"), (SEQUENCE,), (27, 3)),
    "transposed 3d": Row(
        lambda: layers.Conv3DTranspose(2, (2, 3, 2), (2, 1, 3)), (VOLUME,), (10, 6, 18, 2)
    ),
}
