"""Shapes of optimiser steps: flat arrays of k values."""

_FLAT = dict.fromkeys(["w", "g", "m", "v", "velocity", "x"], "k")

SHAPES = {"sgd_step": _FLAT, "adam_step": _FLAT, "scale": _FLAT}
