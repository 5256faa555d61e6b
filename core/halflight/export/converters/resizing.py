"""Converters of the layers that enlarge, pad and crop: channels first, as what is around them."""

from collections.abc import Mapping
from typing import Any

from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer

_MODES: Mapping[str, Mapping[str, str]] = {
    "nearest": {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    },
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
}
"""Repeated pixels; values at the pixels' centres, and constant beyond the outermost."""


def _upsampling(w: Writer, layer: Any, x: Value, shape: Shape) -> str:
    rank = len(shape) - 1
    scales = [out / n for n, out in zip(x.shape[:-1], shape[:-1], strict=True)]
    y = w.op(
        "Resize",
        w.channels_first(x.name, rank),
        "",
        w.numbers([1.0, 1.0, *scales], "scales"),
        **_MODES[getattr(layer, "interpolation", "nearest")],
    )
    return w.channels_last(y, rank)


def _padding(w: Writer, layer: Any, x: Value, shape: Shape) -> str:
    rank = len(shape) - 1
    before, after = zip(*layer.edges, strict=True)
    pads = w.integers([0, 0, *before, 0, 0, *after], "pads")
    return w.channels_last(w.op("Pad", w.channels_first(x.name, rank), pads), rank)


def _cropping(w: Writer, layer: Any, x: Value, shape: Shape) -> str:
    rank = len(shape) - 1
    starts = [before for before, _ in layer.edges]
    ends = [start + length for start, length in zip(starts, shape[:-1], strict=True)]
    y = w.op(
        "Slice",
        w.channels_first(x.name, rank),
        w.integers(starts, "starts"),
        w.integers(ends, "ends"),
        w.integers(range(2, 2 + rank), "axes"),
    )
    return w.channels_last(y, rank)


def _resizing(w: Writer, layer: layers.Resizing, x: Value, shape: Shape) -> str:
    """Write Resize; rounding up takes the pixel in which a new centre lies."""
    modes = {"mode": "linear"} if layer.interpolation == "bilinear" else _NEAREST_CENTRE
    y = w.op(
        "Resize",
        w.channels_first(x.name, 2),
        "",
        "",
        w.op(
            "Concat",
            w.op("Slice", *_first_two(w, w.op("Shape", w.channels_first(x.name, 2)))),
            w.integers(shape[:2], "sizes"),
            axis=0,
        ),
        coordinate_transformation_mode="half_pixel",
        **modes,
    )
    return w.channels_last(y, 2)


def _first_two(w: Writer, shape: str) -> list[str]:
    return [shape, w.integers([0], "starts"), w.integers([2], "ends")]


def _continued(w: Writer, layer: Any, x: Value, shape: Shape) -> str:
    """Write a Gather an axis."""
    y = x.name
    for axis, places in enumerate(layer.places(x.shape[:-1]), start=1):
        y = w.op("Gather", y, w.integers(places, "places"), axis=axis)
    return y


_NEAREST_CENTRE = {"mode": "nearest", "nearest_mode": "round_prefer_ceil"}

CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.CenterCrop: _cropping,
    layers.Cropping1D: _cropping,
    layers.Cropping3D: _cropping,
    layers.Cropping2D: _cropping,
    layers.Padding1D: _continued,
    layers.Padding2D: _continued,
    layers.Resizing: _resizing,
    layers.UpSampling1D: _upsampling,
    layers.UpSampling3D: _upsampling,
    layers.UpSampling2D: _upsampling,
    layers.ZeroPadding1D: _padding,
    layers.ZeroPadding3D: _padding,
    layers.ZeroPadding2D: _padding,
}
