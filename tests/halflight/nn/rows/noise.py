"""Rows of the noise layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "gaussian noise": Row(lambda: layers.GaussianNoise(0.5), (IMAGE,), IMAGE),
    "gaussian dropout": Row(lambda: layers.GaussianDropout(0.4, seed=9), (IMAGE,), IMAGE),
    "sampling": Row(layers.Sampling, ((4, 3), (4, 3)), (4, 3)),
}
