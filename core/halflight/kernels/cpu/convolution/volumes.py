"""Convolution of volumes (n, d, h, w, c): every pass is a correlation, direct or by Winograd."""

import functools
import itertools
import math
from typing import NamedTuple

from ..arrays import Array
from ..machine.scratch import scratch
from ..products.epilogue import Ending
from ..products.pack import pack, pack_transposed, padded_channels
from . import sliding, sliding_weights, winograd, winograd_weights
from .correlate import correlate
from .correlate_weights import correlate_weights
from .windows import Triple, Windows, covering, taps
from .winograd_tiles import pays

_ONES = (1, 1, 1)


class Geometry(NamedTuple):
    """Where windows lie: pixels from one to the next, zeros before, pixels from tap to tap.

    `precise` keeps to direct sums.
    """

    strides: Triple
    padding: Triple
    dilation: Triple
    precise: bool = False


class Phase(NamedTuple):
    """Along one axis, the pixels of x a stride apart, and the taps of w that reach them."""

    first: int  # pixel
    number: int  # of pixels
    first_tap: int
    tap_step: int
    taps: int  # may be none
    spread: int  # outputs from one of these taps to the next
    before: int  # outputs missing before the first that the flipped taps see


def _windows(number: Triple, size: Triple, geometry: Geometry) -> Windows:
    """`number` windows of `size` taps."""
    step, before, dilation, _ = geometry
    return Windows(number, covering(number, size, step, dilation), step, before)


def _correlate(
    y: Array,
    x: Array,
    packed: Array,
    ending: Ending,
    windows: Windows,
    size: Triple,
    dilation: Triple,
) -> None:
    """Direct sums, of windows in place or copied."""
    if sliding.pays(windows, size, dilation, x.shape[4]):
        sliding.slide(y, x, packed, ending, windows, size, dilation)
    else:
        runs = taps(size, dilation, windows.covered, x.shape[4])
        correlate(y, x, packed, ending, windows, runs)


def by_winograd(output: tuple[int, ...], w: tuple[int, ...], geometry: Geometry) -> bool:
    """Whether Winograd's algorithm serves w (kd, kh, kw, in, out) on `output` pixels, and faster.

    The shapes alone decide, so that every batch size and machine computes the same sums.
    """
    return (
        w[:3] == (1, 3, 3)
        and output[0] == 1
        and geometry == (_ONES, geometry.padding, _ONES, False)
        and pays(output[1:], *w[3:])
    )


def forward(y: Array, x: Array, w: Array, ending: Ending, geometry: Geometry) -> None:
    """y (n, r, p, q, out) from x (n, d, h, w, in) and w (kd, kh, kw, in, out)."""
    channels = w.shape[-1]
    planes, rows, columns = ending.lengths(y)
    output = (planes, rows, columns)
    if by_winograd(output, w.shape, geometry):
        winograd.correlate(y[:, 0], x[:, 0], w[0], ending, geometry.padding[1:])
        return
    depth = w.size // channels
    packed = scratch("packed", depth * padded_channels(channels))
    pack(packed, w.reshape(depth, channels))
    windows = _windows(output, w.shape[:3], geometry)
    _correlate(y, x, packed, ending, windows, w.shape[:3], geometry.dilation)


def backward_input(dx: Array, dy: Array, w: Array, geometry: Geometry) -> None:
    """dx = gradient of `forward` by its x.

    Pixels of dx that lie a stride apart see the same taps of w: each such phase is a correlation of
    dy with those taps, flipped.
    """
    channels_in, channels = w.shape[3:]
    linear = Ending()
    if by_winograd(dx.shape[1:4], (*w.shape[:3], channels, channels_in), geometry):
        _, top, left = geometry.padding
        winograd.correlate(dx[:, 0], dy[:, 0], w[0], linear, (2 - top, 2 - left), transposed=True)
        return
    phases = [
        _phases(*axis) for axis in zip(dx.shape[1:4], w.shape[:3], *geometry[:3], strict=True)
    ]
    if not all(phase.taps for axis in phases for phase in axis):
        dx.fill(0.0)  # pixels that no tap reaches
    for phase in itertools.product(*phases):
        first, number, first_tap, tap_step, size, spread, before = zip(*phase, strict=True)
        if not all(size):
            continue
        packed = scratch("packed", math.prod(size) * channels * padded_channels(channels_in))
        pack_transposed(packed, w, first_tap, tap_step, size)
        extent = covering(number, size, (1, 1, 1), spread)
        windows = Windows(number, extent, (1, 1, 1), before, first, geometry.strides)
        _correlate(dx, dy, packed, linear, windows, size, spread)


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
    if by_winograd(dy.shape[1:4], dw.shape, geometry):
        winograd_weights.correlate(dw[0], db, dy[:, 0], x[:, 0], geometry.padding[1:])
        return
    size, dilation = dw.shape[:3], geometry.dilation
    windows = _windows(dy.shape[1:4], size, geometry)
    if sliding_weights.pays(windows, size, dilation, *dw.shape[3:]):
        sliding_weights.slide_weights(dw, db, dy, x, windows, dilation)
    else:
        runs = taps(size, dilation, windows.covered, x.shape[4])
        correlate_weights(dw, db, dy, x, windows, runs)
