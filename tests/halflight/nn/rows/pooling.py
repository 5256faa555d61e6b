"""Rows of the pooling layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, SEQUENCE, VOLUME, Row

ROWS = {
    "max pool": Row(layers.MaxPooling2D, (IMAGE,), (3, 3, 3)),
    "max pool same": Row(lambda: layers.MaxPooling2D(3, 2, padding="same"), (IMAGE,), (4, 3, 3)),
    "max pool pixels": Row(lambda: layers.MaxPooling2D(3, 2, padding=1), (IMAGE,), (4, 3, 3)),
    "max pool 1d": Row(lambda: layers.MaxPooling1D(3, 2), (SEQUENCE,), (4, 4)),
    "max pool 1d default": Row(layers.MaxPooling1D, (SEQUENCE,), (4, 4)),
    "max pool 3d": Row(layers.MaxPooling3D, (VOLUME,), (2, 2, 1, 2)),
    "max pool 3d same": Row(
        lambda: layers.MaxPooling3D((3, 2, 3), (1, 2, 2), "same"), (VOLUME,), (5, 2, 2, 2)
    ),
    "average pool": Row(lambda: layers.AveragePooling2D((2, 3)), (IMAGE,), (3, 2, 3)),
    "average pool same": Row(
        lambda: layers.AveragePooling2D(3, 2, padding="same"), (IMAGE,), (4, 3, 3)
    ),
    "average pool pixels": Row(
        lambda: layers.AveragePooling2D(3, 2, ((1, 0), (2, 1))), (IMAGE,), (3, 4, 3)
    ),
    "average pool 1d": Row(lambda: layers.AveragePooling1D(4, 3, "same"), (SEQUENCE,), (3, 4)),
    "average pool 3d": Row(
        lambda: layers.AveragePooling3D(2, padding="same"), (VOLUME,), (3, 2, 2, 2)
    ),
}
