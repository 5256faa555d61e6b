"""Rows of the merging layers."""

from core.nn import layers
from tests.core.nn.rows.row import Row

ROWS = {
    "concatenate": Row(layers.Concatenate, ((4, 3, 2), (4, 3, 1), (4, 3, 3)), (4, 3, 6)),
    "add": Row(layers.Add, ((4, 3), (4, 3), (4, 3)), (4, 3)),
}
