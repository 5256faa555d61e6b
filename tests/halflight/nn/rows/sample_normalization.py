"""Rows of the normalisations of each sample by itself."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "layer norm": Row(layers.LayerNormalization, (IMAGE,), IMAGE),
    "layer norm vector": Row(lambda: layers.LayerNormalization(center=False), ((5,),), (5,)),
    "layer norm frozen": Row(lambda: layers.LayerNormalization(trainable=False), ((5,),), (5,)),
    "layer norm of an image": Row(
        lambda: layers.LayerNormalization(axis=(1, 2, 3)), (IMAGE,), IMAGE
    ),
    "layer norm of rows": Row(lambda: layers.LayerNormalization(axis=1), (IMAGE,), IMAGE),
    "layer norm of pixels": Row(
        lambda: layers.LayerNormalization(axis=[1, 2], scale=False), (IMAGE,), IMAGE
    ),
    "rms norm": Row(layers.RMSNormalization, (IMAGE,), IMAGE),
    "rms norm of columns": Row(lambda: layers.RMSNormalization(axis=2), (IMAGE,), IMAGE),
    "rms norm frozen": Row(lambda: layers.RMSNormalization(trainable=False), ((5,),), (5,)),
    "unit norm": Row(layers.UnitNormalization, (IMAGE,), IMAGE),
    "unit norm of an image": Row(lambda: layers.UnitNormalization(axis=(1, 2)), (IMAGE,), IMAGE),
    "group norm": Row(lambda: layers.GroupNormalization(groups=2), ((5, 4, 6),), (5, 4, 6)),
    "group norm vector": Row(lambda: layers.GroupNormalization(groups=2), ((6,),), (6,)),
    "instance norm": Row(lambda: layers.GroupNormalization(groups=-1), (IMAGE,), IMAGE),
    "group norm plain": Row(
        lambda: layers.GroupNormalization(groups=1, center=False, scale=False), (IMAGE,), IMAGE
    ),
    "local response norm": Row(layers.LocalResponseNormalization, ((4, 3, 13),), (4, 3, 13)),
    "local response norm alexnet": Row(
        lambda: layers.LocalResponseNormalization(2, 2.0, 1e-4, 0.75), (IMAGE,), IMAGE
    ),
}
