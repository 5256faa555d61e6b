"""Shapes of margin losses: n rows of t scores, and as many labels."""

from .loss import ROWS

SHAPES = {
    "hinge": ROWS,
    "squared_hinge": ROWS,
    "exponential_margin": ROWS,
    "categorical_hinge": ROWS,
}
