"""Convolution of volumes (n, d, h, w, c): every pass is a correlation with packed weights."""

import functools
import itertools
import math
from typing import NamedTuple

from .arrays import Array
from .correlate import correlate
from .correlate_weights import correlate_weights
from .pack import pack, pack_transposed
from .scratch import scratch
from .simd import LANES
from .windows import Taps, Triple, Windows, covering, taps


class Geometry(NamedTuple):
    """Where windows lie: pixels from one to the next, zeros before, pixels from tap to tap."""

    strides: Triple
    padding: Triple
    dilation: Triple


class Phase(NamedTuple):
    """Along one axis, the pixels of x a stride apart, and the taps of w that reach them."""

    first: int  # pixel
    number: int  # of pixels
    first_tap: int
    tap_step: int
    taps: int  # may be none
    spread: int  # outputs from one of these taps to the next
    before: int  # outputs missing before the first that the flipped taps see


def _windows(
    number: Triple, size: Triple, channels: int, geometry: Geometry
) -> tuple[Windows, Taps]:
    """`number` windows of `size` taps, and their taps."""
    step, before, dilation = geometry
    extent = covering(number, size, step, dilation)
    return Windows(number, extent, step, before), taps(size, dilation, extent, channels)


def forward(y: Array, x: Array, w: Array, b: Array | None, geometry: Geometry) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in), w (kd, kh, kw, in, out), b (out,) or None."""
    *_, channels_in, channels = w.shape
    depth, blocks = w.size // channels, -(-channels // LANES)
    packed = scratch("packed", blocks, depth, LANES)
    pack(packed, w.reshape(depth, channels))
    bias = scratch("bias", blocks * LANES)
    bias[:] = 0.0
    if b is not None:
        bias[:channels] = b
    windows = _windows(y.shape[1:4], w.shape[:3], channels_in, geometry)
    correlate(y, x, packed, bias, *windows)


def backward_input(dx: Array, dy: Array, w: Array, geometry: Geometry) -> None:
    """dx = gradient of `forward` by its x.

    Pixels of dx that lie a stride apart see the same taps of w: each such phase is a correlation of
    dy with those taps, flipped.
    """
    channels_in, channels = w.shape[3:]
    blocks = -(-channels_in // LANES)
    bias = scratch("bias", blocks * LANES)
    bias[:] = 0.0
    phases = [_phases(*axis) for axis in zip(dx.shape[1:4], w.shape[:3], *geometry, strict=True)]
    if not all(phase.taps for axis in phases for phase in axis):
        dx.fill(0.0)  # pixels that no tap reaches
    for phase in itertools.product(*phases):
        first, number, first_tap, tap_step, size, spread, before = zip(*phase, strict=True)
        if not all(size):
            continue
        packed = scratch("packed", blocks, math.prod(size) * channels, LANES)
        pack_transposed(packed, w, first_tap, tap_step, size)
        extent = covering(number, size, (1, 1, 1), spread)
        windows = Windows(number, extent, (1, 1, 1), before, first, geometry.strides)
        correlate(dx, dy, packed, bias, windows, taps(size, spread, extent, channels))


@functools.lru_cache(maxsize=1024)
def _phases(pixels: int, size: int, stride: int, padding: int, dilation: int) -> tuple[Phase, ...]:
    """The phases of one axis; cached, as small layers are called often.

    Tap u of output p reaches pixel p * stride + u * dilation - padding. Taps that reach the pixels
    `first`, `first` + stride, ... therefore have one remainder, modulo stride / divisor for
    divisor = gcd(stride, dilation), and lie dilation / divisor outputs apart.
    """
    divisor = math.gcd(stride, dilation)
    tap_step, spread = stride // divisor, dilation // divisor
    found = []
    for first in range(min(stride, pixels)):
        number = len(range(first, pixels, stride))
        tap = next((u for u in range(size) if (first + padding - u * dilation) % stride == 0), size)
        reaching = len(range(tap, size, tap_step))
        output = (first + padding - tap * dilation) // stride  # the one whose `tap` is at `first`
        before = (reaching - 1) * spread - output
        found.append(Phase(first, number, tap, tap_step, reaching, spread, before))
    return tuple(found)


def backward_weights(dw: Array, db: Array | None, dy: Array, x: Array, geometry: Geometry) -> None:
    """dw and db, or None, += gradients of `forward`."""
    windows = _windows(dy.shape[1:4], dw.shape[:3], x.shape[4], geometry)
    correlate_weights(dw, db, dy, x, *windows)
