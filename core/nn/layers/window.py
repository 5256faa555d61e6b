"""Where a sliding window (a convolution's kernel, a pool) falls on an image, as in Keras."""

from dataclasses import dataclass
from typing import Any

from core.nn.layer import Layer

PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Window:
    """Output size of a sliding window, and the padding before the first row and column."""

    output: tuple[int, int]
    padding: tuple[int, int]


def check_padding(layer: Layer, padding: Any) -> None:
    """Raise unless `padding` is "valid" or "same"."""
    if padding not in PADDINGS:
        raise layer.error('padding must be "valid" or "same"', padding)


def slide(
    layer: Layer,
    image: tuple[int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
) -> Window:
    """Slide a window of `size` over `image` in steps of `strides`.

    "valid" keeps the window inside: (image - size) // stride + 1. "same" gives ceil(image / stride)
    and pads evenly, the odd row or column at the end (TensorFlow's and Keras's rule).

    Raises:
        ValueError: the window is larger than the image and padding is "valid".
    """
    if padding == "valid":
        if size[0] > image[0] or size[1] > image[1]:
            raise layer.error(f"a window of {size} must fit into the image", image)
        rows, columns = ((n - k) // s + 1 for n, k, s in zip(image, size, strides, strict=True))
        return Window((rows, columns), (0, 0))
    rows, columns = (-(-n // s) for n, s in zip(image, strides, strict=True))
    top, left = (
        max((out - 1) * s + k - n, 0) // 2
        for n, k, s, out in zip(image, size, strides, (rows, columns), strict=True)
    )
    return Window((rows, columns), (top, left))
