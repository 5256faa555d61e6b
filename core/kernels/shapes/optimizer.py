"""Shapes of optimiser steps: flat arrays of k values."""

_FLAT = dict.fromkeys(["w", "g", "m", "velocity", "average", "x"], "k")

SHAPES = dict.fromkeys(["sgd_step", "lion_step", "average_step", "clip", "scale"], _FLAT)
