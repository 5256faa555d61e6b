"""Loops that kernels share: over elements, rows, columns, pairs of pixels and steps of time."""
