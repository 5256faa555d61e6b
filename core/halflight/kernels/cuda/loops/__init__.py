"""Loops that kernels share: over elements, rows, columns, pixels and steps of time."""
