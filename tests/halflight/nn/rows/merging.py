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
    "add a channel's number": Row(layers.Add, ((4, 3, 2), (2,)), (4, 3, 2)),
    "subtract a row": Row(layers.Subtract, ((4, 3), (1, 3)), (4, 3)),
    "multiply by gates": Row(layers.Multiply, ((4, 3, 2), (1, 1, 2), (4, 3, 1)), (4, 3, 2)),
    "multiply crosswise": Row(layers.Multiply, ((4, 1), (1, 3)), (4, 3)),
    "average with columns": Row(layers.Average, ((4, 1), (4, 3)), (4, 3)),
    "maximum with one": Row(layers.Maximum, ((1,), (4, 3)), (4, 3)),
    "minimum crosswise": Row(layers.Minimum, ((4, 1), (1, 3)), (4, 3)),
}
