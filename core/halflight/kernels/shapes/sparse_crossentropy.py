"""Shapes of sparse cross-entropies: n rows of t probabilities or logits, one class a row."""

from .loss import ROWS

SHAPES = {
    "sparse_categorical_crossentropy": ROWS | {"target": "n 1"},
    "sparse_categorical_crossentropy_from_logits": ROWS | {"target": "n 1"},
}
