"""Rows of the regularization layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

ROWS = {
    "dropout": Row(lambda: layers.Dropout(0.4), (IMAGE,), IMAGE),
    "dropout seed": Row(lambda: layers.Dropout(0.4, seed=9), ((50,),), (50,)),
}
