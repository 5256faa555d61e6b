"""Shapes of focal losses: n rows of t probabilities or logits, and as many targets."""

from .loss import ROWS

SHAPES = {
    "binary_focal_crossentropy": ROWS,
    "binary_focal_crossentropy_from_logits": ROWS,
    "categorical_focal_crossentropy": ROWS,
    "categorical_focal_crossentropy_from_logits": ROWS,
}
