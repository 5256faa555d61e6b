"""Where ONNX's windows fall: the padding that gives a layer's output from its input."""

from typing import Any

from halflight.nn.arrays import Shape


def pads(padding: Any, image: Shape, output: Shape, windows: Shape, strides: Shape) -> list[int]:
    """Return ONNX's pads: all before the axes, then all after them.

    Args:
        padding: the layer's: "valid", "same", "causal", or (before, after) for each axis.
        image, output: lengths of the axes before and after the layer.
        windows: lengths of the window, dilation included.
        strides: steps of the window.
    """
    if padding == "valid":
        sides = [(0, 0) for _ in image]
    elif padding == "causal":
        sides = [(window - 1, 0) for window in windows]
    elif padding == "same":
        axes = zip(image, output, windows, strides, strict=True)
        missing = [max((out - 1) * step + window - n, 0) for n, out, window, step in axes]
        sides = [(total // 2, total - total // 2) for total in missing]
    else:
        sides = list(padding)
    return [before for before, _ in sides] + [after for _, after in sides]
