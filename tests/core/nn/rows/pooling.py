"""Rows of the pooling layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

ROWS = {
    "max pool": Row(layers.MaxPooling2D, (IMAGE,), (3, 3, 3)),
    "max pool same": Row(lambda: layers.MaxPooling2D(3, 2, padding="same"), (IMAGE,), (4, 3, 3)),
    "average pool": Row(lambda: layers.AveragePooling2D((2, 3)), (IMAGE,), (3, 2, 3)),
    "average pool same": Row(
        lambda: layers.AveragePooling2D(3, 2, padding="same"), (IMAGE,), (4, 3, 3)
    ),
    "global average pool": Row(layers.GlobalAveragePooling2D, (IMAGE,), (3,)),
}
