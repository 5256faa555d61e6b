"""Rows of the global pooling layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, SEQUENCE, VOLUME, Row

ROWS = {
    "global average pool": Row(layers.GlobalAveragePooling2D, (IMAGE,), (3,)),
    "global average pool kept": Row(
        lambda: layers.GlobalAveragePooling2D(keepdims=True), (IMAGE,), (1, 1, 3)
    ),
    "global average pool 1d": Row(layers.GlobalAveragePooling1D, (SEQUENCE,), (4,)),
    "global average pool masked": Row(
        layers.GlobalAveragePooling1D, (SEQUENCE, SEQUENCE[:1]), (4,), masked=True
    ),
    "global average pool masked, kept": Row(
        lambda: layers.GlobalAveragePooling1D(keepdims=True),
        (SEQUENCE, SEQUENCE[:1]),
        (1, 4),
        masked=True,
    ),
    "global average pool 3d": Row(layers.GlobalAveragePooling3D, (VOLUME,), (2,)),
    "global max pool": Row(layers.GlobalMaxPooling2D, (IMAGE,), (3,)),
    "global max pool 1d": Row(lambda: layers.GlobalMaxPooling1D(True), (SEQUENCE,), (1, 4)),
    "global max pool 3d": Row(layers.GlobalMaxPooling3D, (VOLUME,), (2,)),
}
