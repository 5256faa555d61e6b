"""Where a sliding window (a convolution's kernel, a pool) falls on an image, as in Keras."""

from dataclasses import dataclass
from typing import Any

from halflight.nn.layer import Layer
from halflight.nn.layers.axes import as_margins

Axes = tuple[int, ...]
"""One number for each axis of the image."""
Margins = tuple[tuple[int, int], ...]
"""Zeros before and after the image, for each of its axes."""
PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Window:
    """Output size of a sliding window, and the padding before the first pixel of each axis."""

    output: Axes
    padding: Axes


def check_padding(layer: Layer, padding: Any) -> None:
    """Raise unless `padding` is "valid" or "same"."""
    if padding not in PADDINGS:
        raise layer.error('padding must be "valid" or "same"', padding)


def padding_of(layer: Layer, padding: Any, axes: int, *, causal: bool = False) -> str | Margins:
    """Return `padding` by name or as (before, after) for each of `axes` axes.

    One integer stands for every side, an integer in place of a pair for both sides of its axis;
    "causal" is a name only where `causal`.

    Raises:
        ValueError: the padding is none of these.
    """
    names = (*PADDINGS, "causal") if causal else PADDINGS
    if isinstance(padding, str) and padding in names:
        return padding
    found = as_margins(padding, axes)
    if found is not None:
        return found
    raise layer.error(
        f"padding must be {', '.join(map(repr, names))}, an integer >= 0, or a tuple of {axes} "
        "integers or pairs (before, after)",
        padding,
    )


def slide(
    layer: Layer,
    image: Axes,
    size: Axes,
    strides: Axes,
    padding: str | Margins,
    dilation: Axes | None = None,
) -> Window:
    """Slide a window of `size` taps, `dilation` pixels apart, over `image` in steps of `strides`.

    With window = (size - 1) * dilation + 1 pixels, "valid" keeps it inside the image:
    (image - window) // stride + 1 outputs. "same" gives ceil(image / stride) and pads evenly, the
    odd pixel at the end (TensorFlow's and Keras's rule). "causal" pads window - 1 before, so that
    no output sees what comes after it. Explicit padding is "valid" on the padded image.

    Raises:
        ValueError: the window is larger than the padded image, or no larger than the padding.
    """
    windows = tuple(
        (k - 1) * d + 1 for k, d in zip(size, dilation or (1,) * len(size), strict=True)
    )
    if padding == "same":
        output = tuple(-(-n // s) for n, s in zip(image, strides, strict=True))
        before = tuple(
            max((out - 1) * s + k - n, 0) // 2
            for n, k, s, out in zip(image, windows, strides, output, strict=True)
        )
        return Window(output, before)
    margins = _margins(padding, windows)
    if any(max(sides) >= k for sides, k in zip(margins, windows, strict=True)):
        raise layer.error(f"padding must be smaller than the window, {windows}", padding)
    padded = tuple(n + sum(sides) for n, sides in zip(image, margins, strict=True))
    if any(k > n for k, n in zip(windows, padded, strict=True)):
        raise layer.error(f"a window of {windows} must fit into the image", padded)
    return Window(
        tuple((n - k) // s + 1 for n, k, s in zip(padded, windows, strides, strict=True)),
        tuple(before for before, _ in margins),
    )


def _margins(padding: str | Margins, windows: Axes) -> Margins:
    if isinstance(padding, tuple):
        return padding
    return tuple((k - 1 if padding == "causal" else 0, 0) for k in windows)


def spread(
    image: Axes,
    size: Axes,
    strides: Axes,
    padding: str,
    output_padding: Axes | None,
    dilation: Axes,
) -> Window:
    """The transpose of `slide`: the output that a window spreads every pixel of `image` into.

    Its windows start at n pixels, a stride apart. "valid" gives
    (n - 1) * stride + window + output_padding (by default what fills up the last stride); "same"
    gives n * stride, or (n - 1) * stride + window % 2 + output_padding where that is given, as in
    Keras. What of the windows is cropped is shared evenly, the odd pixel at the end.
    """
    windows = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    output, before = [], []
    for axis, (n, window, stride) in enumerate(zip(image, windows, strides, strict=True)):
        reach = (n - 1) * stride + window
        if output_padding is not None:
            base = window if padding == "valid" else window % 2
            output.append((n - 1) * stride + base + output_padding[axis])
        else:
            output.append(max(reach, n * stride) if padding == "valid" else n * stride)
        before.append(max(reach - output[-1], 0) // 2)
    return Window(tuple(output), tuple(before))
