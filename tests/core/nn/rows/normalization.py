"""Rows of the normalization layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

ROWS = {
    "batch norm": Row(layers.BatchNormalization, (IMAGE,), IMAGE),
    "batch norm vector": Row(lambda: layers.BatchNormalization(momentum=0.5), ((5,),), (5,)),
    "batch norm frozen": Row(lambda: layers.BatchNormalization(trainable=False), (IMAGE,), IMAGE),
}
