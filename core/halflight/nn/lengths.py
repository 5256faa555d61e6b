"""Lengths that vary from batch to batch: None in a shape, and what layers are built for meanwhile.

A layer is built twice, for one length and for twice that: what differs in its output's shape varies
too, and a weight whose shape differs says that the layer needs the length. Before a batch runs,
layers are built for its own lengths (`Graph.at`); that is a few additions each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from halflight.nn.arrays import Shape, Weight
from halflight.nn.tensor import Call, Tensor

# Divisible by most strides, larger than most windows; of images less, whose pixels are many.
_ONE_AXIS, _MANY_AXES = 10080, 840


def varies(shape: Sequence[Any]) -> bool:
    """Whether a length is None."""
    return None in shape


def connected(layer: Any, read: tuple[Tensor, ...], *, masked: bool) -> Tensor:
    """Return the output of a layer, which is built for what it reads."""
    if not any(varies(tensor.shape) for tensor in read):
        shape, requests = layer.build_for([tensor.shape for tensor in read], masked=masked)
        return Tensor(shape, call=Call(layer, read, requests, masked))
    tried = []
    for number in (0, 1):
        shapes = [_tried(tensor)[number] for tensor in read]
        shape, requests = layer.build_for(shapes, masked=masked)
        tried.append(shape)
    first, second = tried
    same = (a if a == b else None for a, b in zip(first, second, strict=True))
    tensor = Tensor(cast(Shape, tuple(same)), call=Call(layer, read, requests, masked))
    tensor.tried = (first, second)
    return tensor


def _tried(tensor: Tensor) -> tuple[Shape, Shape]:
    """Return the shapes of a tensor that layers are built for: of an Input, by its axes."""
    if tensor.tried is not None:
        return tensor.tried
    if not varies(tensor.shape):
        return tensor.shape, tensor.shape
    length = _ONE_AXIS if tensor.shape.count(cast(int, None)) == 1 else _MANY_AXES
    return _filled(tensor.shape, length), _filled(tensor.shape, 2 * length)


def _filled(shape: Shape, length: int) -> Shape:
    return tuple(length if size is None else size for size in shape)


def require_same(layer: Any, weight: Weight, shape: Shape) -> Weight:
    """Return the weight; raise ValueError where its shape follows from a length that varies."""
    if weight.shape != shape:
        rule = (
            f"its {weight.name} needs a length that all batches share: give Input a whole number "
            "in the place of None, or put a layer before it that reads any number of steps, such "
            "as GlobalAveragePooling1D"
        )
        raise layer.error(rule, "None")
    return weight


def require_shapes(place: str, rules: Sequence[Shape], shapes: Sequence[Shape]) -> None:
    """Raise ValueError unless the shapes are what the rules say, in which None is any length."""
    for rule, shape in zip(rules, shapes, strict=True):
        if not fits(rule, shape):
            raise ValueError(f"{place}: needs the shapes {list(rules)}, received {list(shapes)}")


def fits(rule: Sequence[Any], shape: Sequence[int]) -> bool:
    """Whether a shape is as `rule` says, in which None is any length."""
    return len(rule) == len(shape) and all(a in (None, b) for a, b in zip(rule, shape, strict=True))
