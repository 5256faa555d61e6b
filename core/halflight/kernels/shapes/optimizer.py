"""Shapes of optimiser steps: flat arrays of k values."""

_FLAT = dict.fromkeys(["w", "g", "m", "velocity", "average", "x"], "k") | {"finite": "1"}
_STEPS = ["sgd_step", "lion_step", "average_step"]

SHAPES = dict.fromkeys([*_STEPS, "clip", "limit_norm", "scale"], _FLAT | {"squares": "n"})
