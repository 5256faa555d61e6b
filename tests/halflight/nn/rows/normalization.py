"""Rows of the normalization layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "batch norm": Row(layers.BatchNormalization, (IMAGE,), IMAGE),
    "batch norm vector": Row(lambda: layers.BatchNormalization(momentum=0.5), ((5,),), (5,)),
    "batch norm frozen": Row(lambda: layers.BatchNormalization(trainable=False), (IMAGE,), IMAGE),
    "batch norm plain": Row(
        lambda: layers.BatchNormalization(center=False, scale=False), (IMAGE,), IMAGE
    ),
    "batch norm moving": Row(
        lambda: layers.BatchNormalization(statistics="moving"),
        *((IMAGE,), IMAGE),
        moves=("gamma", "beta"),
    ),
    "normalization": Row(
        lambda: layers.Normalization(mean=[0.5, -1.0, 0.0], variance=(2.0, 0.25, 1.0)),
        *((IMAGE,), IMAGE),
        moves=(),
    ),
    "normalization, one number": Row(
        lambda: layers.Normalization(None, 2.0, 4.0), ((5,),), (5,), moves=()
    ),
    "batch norm frozen but adapting": Row(
        lambda: layers.BatchNormalization(statistics="batch", trainable=False),
        *((IMAGE,), IMAGE),
        moves=("moving_mean", "moving_variance"),
    ),
}
