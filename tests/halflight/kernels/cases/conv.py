"""Calls of the convolution kernels."""

from dataclasses import dataclass

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing

Axes = tuple[int, ...]


def output_shape(
    image: Axes, size: Axes, strides: Axes, total: Axes, dilation: Axes | None = None
) -> Axes:
    """Windows that fit an image with `total` zeros added, along every axis."""
    return tuple(
        (i + t - (k - 1) * d - 1) // s + 1
        for i, k, s, t, d in zip(
            image, size, strides, total, dilation or (1,) * len(size), strict=True
        )
    )


@dataclass(frozen=True)
class Layout:
    """Where windows lie on an image: `total` zeros are added, `padding` of them before it."""

    image: Axes
    size: Axes
    strides: Axes
    padding: Axes
    total: Axes
    dilation: Axes

    @property
    def output(self) -> Axes:
        return output_shape(self.image, self.size, self.strides, self.total, self.dilation)

    @property
    def geometry(self) -> dict[str, Axes]:
        """What the kernels are told of it."""
        return {"strides": self.strides, "padding": self.padding, "dilation": self.dilation}


def conv_cases(
    rng: np.random.Generator,
    batch: int,
    image: Axes,
    channels: tuple[int, int],
    size: Axes,
    strides: Axes,
    padding: Axes,
    total: Axes,
    bias: bool = True,
    dilation: Axes | None = None,
    groups: int = 1,
) -> list[Case]:
    """All three passes of one convolution of images or volumes."""
    layout = Layout(image, size, strides, padding, total, dilation or (1,) * len(size))
    w_shape = (*size, channels[0] // groups, channels[1])
    x_shape, y_shape = (batch, *image, channels[0]), (batch, *layout.output, channels[1])
    scalars = layout.geometry | {"groups": groups}
    return three_passes(rng, f"conv{len(size)}d", x_shape, w_shape, y_shape, bias, scalars)


def three_passes(
    rng: np.random.Generator,
    kernel: str,
    x_shape: Axes,
    w_shape: Axes,
    y_shape: Axes,
    bias: bool,
    scalars: dict,
) -> list[Case]:
    """Forward, and both backward passes."""
    x, w, dy = normal(rng, *x_shape), normal(rng, *w_shape), normal(rng, *y_shape)
    b, db = (normal(rng, y_shape[-1]) if bias else None for _ in range(2))
    y, dx, dw = nothing(*y_shape), nothing(*x_shape), normal(rng, *w_shape)
    updated = ("dw", "db") if bias else ("dw",)
    return [
        Case(f"{kernel}_forward", ("y",), (), {"y": y, "x": x, "w": w, "b": b} | scalars),
        Case(f"{kernel}_backward_input", ("dx",), (), {"dx": dx, "dy": dy, "w": w} | scalars),
        Case(
            f"{kernel}_backward_weights",
            (),
            updated,
            {"dw": dw, "db": db, "dy": dy, "x": x} | scalars,
        ),
    ]


def winograd_cases(rng: np.random.Generator) -> list[Case]:
    """3 x 3 windows and channels enough for Winograd's algorithm to serve in all passes.

    Its tiles of 4 x 4 pixels cover one image exactly, so that nothing follows the last whole one,
    and stand out of all others; some images are smaller than a tile, or deeper than the sums taken
    in one go; many small ones are handled together, or side by side with zeros between them.
    """
    found = []
    for batch, image, channels, padding, total, bias, groups in (
        (1, (8, 8), (30, 39), (1, 1), (2, 2), True, 1),
        (5, (15, 11), (16, 16), (1, 1), (2, 2), True, 1),
        (1, (3, 3), (64, 61), (1, 1), (2, 2), True, 1),
        (1, (50, 3), (32, 31), (1, 1), (2, 2), False, 1),
        (2, (10, 11), (48, 39), (2, 2), (4, 4), True, 1),
        (1, (13, 10), (31, 48), (0, 0), (0, 0), True, 1),
        (1, (11, 6), (41, 33), (0, 2), (1, 2), True, 1),
        (1, (30, 29), (16, 30), (1, 1), (2, 2), True, 1),
        (2, (7, 7), (144, 16), (1, 1), (2, 2), True, 1),
        (67, (7, 7), (16, 16), (1, 1), (2, 2), True, 1),
        (35, (5, 10), (48, 47), (1, 1), (2, 2), True, 1),
        (83, (9, 6), (48, 48), (1, 1), (2, 2), False, 1),
        (2, (7, 8), (32, 48), (1, 1), (2, 2), True, 2),
    ):
        found += conv_cases(
            rng, batch, image, channels, (3, 3), (1, 1), padding, total, bias, groups=groups
        )
    return found


def cases(rng: np.random.Generator) -> list[Case]:
    """Odd sizes, strides, channels; dilation, groups, volumes; Winograd; windows read in place."""
    one, none = (1, 1), (0, 0)
    return [
        *conv_cases(rng, 2, (7, 9), (3, 5), (3, 3), one, (1, 1), (2, 2)),
        *conv_cases(rng, 3, (9, 8), (1, 16), (5, 5), (2, 2), (1, 1), (3, 3), bias=False),
        *conv_cases(rng, 5, (6, 6), (33, 17), (3, 3), one, (1, 1), (2, 2)),
        *conv_cases(rng, 1, (1, 1), (1, 1), (1, 1), one, none, none),
        *conv_cases(rng, 2, (9, 9), (2, 3), (1, 2), (3, 3), (0, 1), (0, 1)),
        *conv_cases(rng, 2, (9, 8), (5, 19), (3, 2), one, (2, 2), (4, 3), dilation=(2, 3)),
        *conv_cases(rng, 1, (9, 8), (2, 3), (2, 3), (2, 3), (1, 0), (2, 1), dilation=(4, 2)),
        *conv_cases(rng, 3, (5, 6), (6, 9), (3, 3), one, (1, 1), (2, 2), groups=3),
        *conv_cases(rng, 2, (5, 6), (4, 8), (2, 2), (2, 1), none, none, bias=False, groups=4),
        *conv_cases(rng, 2, (4, 5, 6), (3, 5), (2, 3, 3), (1, 2, 1), (1, 1, 0), (1, 2, 1)),
        *conv_cases(
            rng,
            1,
            (7, 5, 9),
            (4, 6),
            (3, 1, 2),
            (1, 3, 1),
            (1, 0, 2),
            (2, 0, 3),
            dilation=(2, 1, 3),
            groups=2,
        ),
        *winograd_cases(rng),
        *conv_cases(rng, 3, (7, 13), (5, 16), (2, 5), one, (0, 2), (1, 4)),
        *conv_cases(rng, 2, (7, 18), (1, 32), (5, 3), one, (2, 1), (4, 2)),
        *conv_cases(rng, 2, (9, 38), (1, 16), (5, 5), (2, 2), (2, 2), (4, 4)),
        *conv_cases(rng, 2, (8, 52), (2, 48), (3, 2), (2, 3), (1, 0), (2, 0), bias=False),
        *conv_cases(rng, 1, (5, 4, 9), (3, 16), (2, 3, 3), (2, 1, 1), (1, 1, 1), (1, 2, 2)),
    ]
