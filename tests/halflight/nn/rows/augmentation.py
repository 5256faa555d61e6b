"""Rows of the augmentation layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

SQUARE = (5, 5, 2)

ROWS = {
    "random flip": Row(layers.RandomFlip, (IMAGE,), IMAGE),
    "random flip of columns": Row(lambda: layers.RandomFlip("horizontal"), (IMAGE,), IMAGE),
    "random flip of rows": Row(lambda: layers.RandomFlip("vertical", seed=9), (IMAGE,), IMAGE),
    "random orientation": Row(layers.RandomOrientation, (SQUARE,), SQUARE),
    "random translation": Row(
        lambda: layers.RandomTranslation(0.3, (0.0, 0.5), seed=2), (IMAGE,), IMAGE
    ),
    "random translation of a pixel": Row(
        lambda: layers.RandomTranslation((-0.2, 0), 0), (SQUARE,), SQUARE
    ),
    "random channels": Row(lambda: layers.RandomChannels(0.7, 0.4), (IMAGE,), IMAGE),
    "random channels seed": Row(lambda: layers.RandomChannels(1.0, 0.5, seed=3), (SQUARE,), SQUARE),
}
