"""Converters of the normalizations: of batches, of rows, of groups and of neighbours."""

from collections.abc import Mapping

import numpy as np

from core.export.writer import Converter, Value, Writer
from core.nn import layers
from core.nn.layer import Layer, Shape


def _batch(w: Writer, layer: layers.BatchNormalization, x: Value, shape: Shape) -> str:
    """Write ONNX's own operator with the moving statistics; runtimes fold it into a Conv."""
    rank = len(shape) - 1
    y = w.op(
        "BatchNormalization",
        w.channels_first(x.name, rank),
        *_scale_and_shift(w, layer, shape[-1]),
        w.weight(layer.moving_mean),
        w.weight(layer.moving_variance),
        epsilon=layer.epsilon,
    )
    return w.channels_last(y, rank)


def _scale_and_shift(w: Writer, layer: layers.BatchNormalization, channels: int) -> list[str]:
    """Return gamma and beta, or ones and zeros in their place."""
    return [
        w.constant(np.ones(channels)) if layer.gamma is None else w.weight(layer.gamma),
        w.constant(np.zeros(channels)) if layer.beta is None else w.weight(layer.beta),
    ]


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.BatchNormalization: _batch,
}
