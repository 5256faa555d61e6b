"""Shapes of the steps of Adam and its kin: flat arrays of k values."""

_FLAT = dict.fromkeys(["w", "g", "m", "v", "v_max", "u"], "k") | {"finite": "1"}

SHAPES = dict.fromkeys(["adam_step", "amsgrad_step", "adamax_step", "nadam_step"], _FLAT)
