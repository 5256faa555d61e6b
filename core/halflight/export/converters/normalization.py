"""Converters of the normalizations: of batches, of rows, of groups and of neighbours."""

import math
from collections.abc import Mapping

import numpy as np

from halflight.export.converters.axes import over_axes
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.affine import Affine
from halflight.nn.layers.sample_normalization import SMALLEST_NORM


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


def _known(w: Writer, layer: layers.Normalization, x: Value, shape: Shape) -> str:
    return w.op("Div", w.op("Sub", x.name, w.weight(layer.center)), w.weight(layer.spread, np.sqrt))


def _layer(w: Writer, layer: layers.LayerNormalization, x: Value, shape: Shape) -> str:
    count = layer.trailing.count
    gamma = w.numbers(np.ones(count)) if layer.gamma is None else w.weight(layer.gamma, np.ravel)
    beta = w.numbers(np.zeros(count)) if layer.beta is None else w.weight(layer.beta, np.ravel)

    def write(rows: str) -> str:
        return w.op("LayerNormalization", rows, gamma, beta, axis=-1, epsilon=layer.epsilon)

    return over_axes(w, layer.trailing, x.name, shape, write)


def _rms(w: Writer, layer: layers.RMSNormalization, x: Value, shape: Shape) -> str:
    def write(rows: str) -> str:
        normalised = _over_root(w, rows, 1.0 / layer.trailing.count, layer.epsilon)
        return w.op("Mul", normalised, w.weight(layer.scale, np.ravel))

    return over_axes(w, layer.trailing, x.name, shape, write)


def _unit(w: Writer, layer: layers.UnitNormalization, x: Value, shape: Shape) -> str:
    smallest = SMALLEST_NORM**2
    return over_axes(
        w, layer.trailing, x.name, shape, lambda rows: _over_root(w, rows, 1.0, smallest)
    )


def _over_root(w: Writer, x: str, factor: float, epsilon: float) -> str:
    """Write x / sqrt(factor * sum of x^2 + epsilon) along the last axis."""
    last = w.integers([-1], "axes")
    total = w.op("ReduceSum", w.op("Mul", x, x), last, keepdims=1)
    if factor != 1.0:
        total = w.op("Mul", total, w.numbers(factor))
    return w.op("Div", x, w.op("Sqrt", w.op("Add", total, w.numbers(epsilon))))


def _group(w: Writer, layer: layers.GroupNormalization, x: Value, shape: Shape) -> str:
    """Write InstanceNormalization of the groups, each as one channel, then scale and shift.

    ONNX's own GroupNormalization scales groups, not channels, before opset 21.
    """
    *lengths, channels = shape
    rank = len(lengths)
    groups = channels if layer.groups == -1 else layer.groups
    grouped = (groups, math.prod(shape) // groups)
    y = w.op(
        "InstanceNormalization",
        w.reshape(w.channels_first(x.name, rank), grouped),
        w.numbers(np.ones(groups)),
        w.numbers(np.zeros(groups)),
        epsilon=layer.epsilon,
    )
    y = w.reshape(y, (channels, *lengths))
    column = (channels, *[1] * rank)
    if layer.gamma is not None:
        y = w.op("Mul", y, w.weight(layer.gamma, lambda gamma: gamma.reshape(column)))
    if layer.beta is not None:
        y = w.op("Add", y, w.weight(layer.beta, lambda beta: beta.reshape(column)))
    return w.channels_last(y, rank)


def _local(w: Writer, layer: layers.LocalResponseNormalization, x: Value, shape: Shape) -> str:
    """Write LRN on images (ONNX's alpha is that of the mean of squares, not of their sum)."""
    if layer.alpha == 0.0:
        return w.op("Mul", x.name, w.numbers(layer.bias**-layer.beta))
    *lengths, channels = shape
    rank, size = len(lengths), 2 * layer.depth_radius + 1
    y = w.channels_first(x.name, rank)
    if rank != 2:
        y = w.reshape(y, (channels, math.prod(lengths), 1))
    y = w.op("LRN", y, size=size, alpha=layer.alpha * size, beta=layer.beta, bias=layer.bias)
    if rank != 2:
        y = w.reshape(y, (channels, *lengths))
    return w.channels_last(y, rank)


def _scale_and_shift(w: Writer, layer: Affine, channels: int) -> list[str]:
    """Return gamma and beta, or ones and zeros in their place."""
    return [
        w.numbers(np.ones(channels)) if layer.gamma is None else w.weight(layer.gamma),
        w.numbers(np.zeros(channels)) if layer.beta is None else w.weight(layer.beta),
    ]


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.BatchNormalization: _batch,
    layers.GroupNormalization: _group,
    layers.LayerNormalization: _layer,
    layers.Normalization: _known,
    layers.RMSNormalization: _rms,
    layers.UnitNormalization: _unit,
    layers.LocalResponseNormalization: _local,
}
