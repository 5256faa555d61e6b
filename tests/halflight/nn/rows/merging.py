"""Rows of the merging layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import Row

ROWS = {
    "concatenate": Row(layers.Concatenate, ((4, 3, 2), (4, 3, 1), (4, 3, 3)), (4, 3, 6)),
    "concatenate rows": Row(
        lambda: layers.Concatenate(axis=1), ((4, 3, 2), (1, 3, 2), (2, 3, 2)), (7, 3, 2)
    ),
    "concatenate columns": Row(lambda: layers.Concatenate(-2), ((4, 3, 2), (4, 5, 2)), (4, 8, 2)),
    "add": Row(layers.Add, ((4, 3), (4, 3), (4, 3)), (4, 3)),
    "subtract": Row(layers.Subtract, ((4, 3), (4, 3)), (4, 3)),
    "multiply": Row(layers.Multiply, ((4, 3), (4, 3)), (4, 3)),
    "multiply three": Row(layers.Multiply, ((4, 3), (4, 3), (4, 3)), (4, 3)),
    "average": Row(layers.Average, ((4, 3), (4, 3), (4, 3)), (4, 3)),
    "maximum": Row(layers.Maximum, ((4, 3), (4, 3), (4, 3)), (4, 3)),
    "minimum": Row(layers.Minimum, ((4, 3), (4, 3)), (4, 3)),
}
