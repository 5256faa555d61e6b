"""Grouped convolution: every group's channels are copied out, convolved, copied back."""

from collections.abc import Iterator

import numpy as np
from numba import prange

from ..arrays import Array, Indices
from ..loops.blocks import block_bounds, block_count
from ..machine.compiler import compiled
from ..machine.scratch import scratch
from ..products.epilogue import Ending
from . import volumes
from .volumes import Geometry


@compiled(parallel=True)
def _copy_channels(target, target_first, source, source_first, channels):
    """target (pixels, any)[:, first...] = source (pixels, any)[:, first...], `channels` of them."""
    for block in prange(block_count(len(target))):
        begin, end = block_bounds(block, len(target))
        for pixel in range(begin, end):
            for c in range(channels):
                target[pixel, target_first + c] = source[pixel, source_first + c]


def _pixels(x: Array | Indices) -> Array | Indices:
    return x.reshape(-1, x.shape[-1])


def _part(purpose: str, x: Array, channels: int) -> Array:
    """Scratch for some channels of x."""
    return scratch(purpose, *x.shape[:-1], channels)


def _take(part: Array, x: Array, channels: slice) -> None:
    _copy_channels(_pixels(part), 0, _pixels(x), channels.start, part.shape[-1])


def _put(x: Array | Indices, channels: slice, part: Array | Indices) -> None:
    _copy_channels(_pixels(x), channels.start, _pixels(part), 0, part.shape[-1])


def _groups(w: Array, groups: int) -> Iterator[tuple[slice, slice]]:
    """The channels in and the channels out of each group."""
    inputs, outputs = w.shape[-2], w.shape[-1] // groups
    for k in range(groups):
        yield slice(k * inputs, (k + 1) * inputs), slice(k * outputs, (k + 1) * outputs)


def forward(y: Array, x: Array, w: Array, ending: Ending, geometry: Geometry, groups: int) -> None:
    """volumes.forward within each group; w is (kd, kh, kw, in / groups, out)."""
    if groups == 1:
        volumes.forward(y, x, w, ending, geometry)
        return
    channels_in, channels = w.shape[-2], w.shape[-1] // groups
    part_x, part_y = _part("group x", x, channels_in), _part("group y", y, channels)
    part_w, part_places = _part("group w", w, channels), None
    if ending.places is not None:
        part_places = _part("group places", y, channels).view(np.int32)
    for inputs, outputs in _groups(w, groups):
        _take(part_x, x, inputs)
        np.copyto(part_w, w[..., outputs])
        part_ending = ending.of(outputs)._replace(places=part_places)
        volumes.forward(part_y, part_x, part_w, part_ending, geometry)
        _put(y, outputs, part_y)
        if ending.places is not None and part_places is not None:
            _put(ending.places, outputs, part_places)


def backward_input(dx: Array, dy: Array, w: Array, geometry: Geometry, groups: int) -> None:
    """volumes.backward_input within each group."""
    if groups == 1:
        volumes.backward_input(dx, dy, w, geometry)
        return
    channels_in, channels = w.shape[-2], w.shape[-1] // groups
    part_dx, part_dy = _part("group x", dx, channels_in), _part("group y", dy, channels)
    part_w = _part("group w", w, channels)
    for inputs, outputs in _groups(w, groups):
        _take(part_dy, dy, outputs)
        np.copyto(part_w, w[..., outputs])
        volumes.backward_input(part_dx, part_dy, part_w, geometry)
        _put(dx, inputs, part_dx)


def backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, geometry: Geometry, groups: int
) -> None:
    """volumes.backward_weights within each group."""
    if groups == 1:
        volumes.backward_weights(dw, db, dy, x, geometry)
        return
    channels_in, channels = dw.shape[-2], dw.shape[-1] // groups
    part_x, part_dy = _part("group x", x, channels_in), _part("group y", dy, channels)
    part_dw = _part("group w", dw, channels)
    for inputs, outputs in _groups(dw, groups):
        _take(part_x, x, inputs)
        _take(part_dy, dy, outputs)
        part_dw.fill(0.0)
        part_db = None if db is None else db[outputs]
        volumes.backward_weights(part_dw, part_db, part_dy, part_x, geometry)
        dw[..., outputs] += part_dw
