"""Rows of the convolution layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

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
}
