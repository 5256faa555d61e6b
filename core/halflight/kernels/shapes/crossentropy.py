"""Shapes of cross-entropies: n rows of t probabilities or logits, and as many targets."""

from .loss import ROWS

SHAPES = {
    "binary_crossentropy": ROWS,
    "binary_crossentropy_from_logits": ROWS,
    "categorical_crossentropy": ROWS,
    "categorical_crossentropy_from_logits": ROWS,
}
