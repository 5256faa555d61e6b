"""Shapes of the steps of Adagrad and its kin: flat arrays of k values."""

_FLAT = dict.fromkeys(["w", "g", "squares", "changes"], "k")
_FLAT |= {"mean": "k?", "velocity": "k?", "finite": "1"}

SHAPES = dict.fromkeys(["adagrad_step", "adadelta_step", "rmsprop_step"], _FLAT)
