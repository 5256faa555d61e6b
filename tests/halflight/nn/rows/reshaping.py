"""Rows of the reshaping layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, VOLUME, Row

ROWS = {
    "flatten": Row(layers.Flatten, (IMAGE,), (126,)),
    "reshape": Row(lambda: layers.Reshape((6, 21)), (IMAGE,), (6, 21)),
    "reshape rest": Row(lambda: layers.Reshape((3, -1, 2)), (IMAGE,), (3, 21, 2)),
    "permute": Row(lambda: layers.Permute((3, 1, 2)), (IMAGE,), (3, 7, 6)),
    "permute volume": Row(lambda: layers.Permute((2, 4, 1, 3)), (VOLUME,), (4, 2, 5, 3)),
    "repeat vector": Row(lambda: layers.RepeatVector(3), ((5,),), (3, 5)),
    "rescaling": Row(lambda: layers.Rescaling(0.25, -1.5), ((4, 3, 2),), (4, 3, 2)),
    "rescaling alone": Row(lambda: layers.Rescaling(2), ((5,),), (5,)),
}
