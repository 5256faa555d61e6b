"""Converters of the layers that move values."""

from core.export.writer import Value, Writer
from core.nn.layer import Layer, Shape


def reshape(w: Writer, layer: Layer, x: Value, shape: Shape) -> str:
    """Keep the order of the values, the last axis fastest."""
    return w.reshape(x.name, shape)
