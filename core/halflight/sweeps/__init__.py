"""Sweeps: many runs of the pipeline that differ in a few parameters, each to its end."""
