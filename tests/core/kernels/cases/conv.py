"""Calls of the convolution kernels."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, nothing


def output_shape(
    image: tuple[int, int], size: tuple[int, int], strides: tuple[int, int], total: tuple[int, int]
) -> tuple[int, int]:
    """Windows that fit an image with `total` zeros added, along both axes."""
    rows, columns = (
        (i + t - k) // s + 1 for i, k, s, t in zip(image, size, strides, total, strict=True)
    )
    return rows, columns


def conv_cases(
    rng: np.random.Generator,
    batch: int,
    image: tuple[int, int],
    channels: tuple[int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[int, int],
    total: tuple[int, int],
    bias: bool = True,
) -> list[Case]:
    """All three passes of one convolution."""
    x_shape = (batch, *image, channels[0])
    y_shape = (batch, *output_shape(image, size, strides, total), channels[1])
    w_shape = (*size, *channels)
    geometry = {"strides": strides, "padding": padding}
    x, w, dy = normal(rng, *x_shape), normal(rng, *w_shape), normal(rng, *y_shape)
    b = normal(rng, channels[1]) if bias else None
    db = normal(rng, channels[1]) if bias else None
    return [
        Case(
            "conv2d_forward",
            ("y",),
            (),
            {"y": nothing(*y_shape), "x": x, "w": w, "b": b} | geometry,
        ),
        Case(
            "conv2d_backward_input",
            ("dx",),
            (),
            {"dx": nothing(*x_shape), "dy": dy, "w": w} | geometry,
        ),
        Case(
            "conv2d_backward_weights",
            (),
            ("dw", "db") if bias else ("dw",),
            {"dw": normal(rng, *w_shape), "db": db, "dy": dy, "x": x} | geometry,
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Odd sizes, strides and channels."""
    return [
        *conv_cases(rng, 2, (7, 9), (3, 5), (3, 3), (1, 1), (1, 1), (2, 2)),
        *conv_cases(rng, 3, (9, 8), (1, 16), (5, 5), (2, 2), (1, 1), (3, 3), bias=False),
        *conv_cases(rng, 5, (6, 6), (33, 17), (3, 3), (1, 1), (1, 1), (2, 2)),
        *conv_cases(rng, 1, (1, 1), (1, 1), (1, 1), (1, 1), (0, 0), (0, 0)),
        *conv_cases(rng, 2, (9, 9), (2, 3), (1, 2), (3, 3), (0, 1), (0, 1)),
    ]
