"""Calls of the pooling kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing
from tests.halflight.kernels.cases.conv import output_shape


def pool_cases(
    rng: np.random.Generator,
    batch: int,
    image: tuple[int, int],
    channels: int,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[int, int],
    total: tuple[int, int],
) -> list[Case]:
    """Maximum and average pooling, both passes; x has ties."""
    x_shape = (batch, *image, channels)
    y_shape = (batch, *output_shape(image, size, strides, total), channels)
    x = np.round(normal(rng, *x_shape) * 2.0)
    y, dx, dy = nothing(*y_shape), nothing(*x_shape), normal(rng, *y_shape)
    geometry = {"size": size, "strides": strides, "padding": padding}
    index = rng.integers(0, size[0] * size[1], y_shape, dtype=np.int32)
    forward = Case(
        "max_pool2d_forward", ("y", "index"), (), {"y": y, "index": index, "x": x} | geometry
    )
    return [
        forward,
        Case("max_pool2d_backward", ("dx",), (), {"dx": dx, "dy": dy, "index": index} | geometry),
        Case("average_pool2d_forward", ("y",), (), {"y": y, "x": x} | geometry),
        Case("average_pool2d_backward", ("dx",), (), {"dx": dx, "dy": dy} | geometry),
    ]


def global_pool_cases(
    rng: np.random.Generator, batch: int, positions: int, channels: int
) -> list[Case]:
    """Global maximum, of x with ties, and global average; both passes."""
    x, dy = normal(rng, batch, positions, channels), normal(rng, batch, channels)
    index = rng.integers(0, positions, dy.shape, dtype=np.int32)
    y, dx, ties = nothing(*dy.shape), nothing(*x.shape), np.round(x)
    maximum = {"y": y, "index": index, "x": ties}
    return [
        Case("global_max_pool_forward", ("y", "index"), (), maximum),
        Case("global_max_pool_backward", ("dx",), (), {"dx": dx, "dy": dy, "index": index}),
        Case("global_average_pool_forward", ("y",), (), {"y": y, "x": x}),
        Case("global_average_pool_backward", ("dx",), (), {"dx": dx, "dy": dy}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Windows apart, overlapping and padded; whole images."""
    found = [
        *pool_cases(rng, 2, (6, 8), 16, (2, 2), (2, 2), (0, 0), (0, 0)),
        *pool_cases(rng, 3, (7, 5), 5, (3, 3), (2, 2), (1, 1), (2, 2)),
        *pool_cases(rng, 1, (5, 4), 1, (2, 3), (1, 2), (1, 2), (1, 3)),
    ]
    for shape in ((1, 15, 1), (3, 15, 20), (2, 1, 3)):
        found += global_pool_cases(rng, *shape)
    return found
