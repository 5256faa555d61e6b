"""Converters of the layers that merge several tensors."""

from collections.abc import Sequence

from core.export.writer import Value, Writer
from core.nn.layer import Layer, Shape


def add(w: Writer, layer: Layer, x: Sequence[Value], shape: Shape) -> str:
    """Add the terms from left to right."""
    total = x[0].name
    for term in x[1:]:
        total = w.op("Add", total, term.name)
    return total


def concatenate(w: Writer, layer: Layer, x: Sequence[Value], shape: Shape) -> str:
    """Write the tensors side by side along the last axis."""
    return w.op("Concat", *(part.name for part in x), axis=len(shape))
