"""Rows of the reshaping layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

ROWS = {
    "flatten": Row(layers.Flatten, (IMAGE,), (126,)),
}
