"""Converters of the normalizations."""

from core.export.writer import Value, Writer
from core.nn.layer import Shape
from core.nn.layers import BatchNormalization


def batch_normalization(w: Writer, layer: BatchNormalization, x: Value, shape: Shape) -> str:
    """Write ONNX's own operator with the moving statistics; runtimes fold it into a Conv."""
    rank = len(x.shape) - 1
    y = w.op(
        "BatchNormalization",
        w.channels_first(x.name, rank),
        w.weight(layer.gamma),
        w.weight(layer.beta),
        w.weight(layer.moving_mean),
        w.weight(layer.moving_variance),
        epsilon=layer.epsilon,
    )
    return w.channels_last(y, rank)
