"""Rows of the regularization layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "activity regularization": Row(layers.ActivityRegularization, (IMAGE,), IMAGE),
    "dropout": Row(lambda: layers.Dropout(0.4), (IMAGE,), IMAGE),
    "dropout seed": Row(lambda: layers.Dropout(0.4, seed=9), ((50,),), (50,)),
    "spatial dropout 1d": Row(lambda: layers.SpatialDropout1D(0.4), ((9, 5),), (9, 5)),
    "spatial dropout 2d": Row(lambda: layers.SpatialDropout2D(0.4), (IMAGE,), IMAGE),
    "spatial dropout 3d": Row(lambda: layers.SpatialDropout3D(0.4), ((3, 2, 4, 5),), (3, 2, 4, 5)),
    "alpha dropout": Row(lambda: layers.AlphaDropout(0.3), (IMAGE,), IMAGE),
    "alpha dropout of nothing": Row(lambda: layers.AlphaDropout(0.0, seed=3), ((5,),), (5,)),
}
