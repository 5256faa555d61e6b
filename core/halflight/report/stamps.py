"""Galaxy stamps as pictures: the asinh stretch, crops, half-light ellipses and scale bars."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

MISSING = "#6d3a4a"
"""The colour of a pixel without a value."""


def asinh_stretch(image: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return (S, S) brightness 0..1, asinh in units of the noise (Lupton+ 1999, AJ 118, 1406).

    Softened at 3 sigma, black at -1.5 sigma, white at the 99.9th percentile or 25 sigma, whichever
    is brighter. Missing pixels (NaN, or infinite sigma) stay NaN, so that they show as holes.
    """
    good = np.isfinite(image) & np.isfinite(sigma)
    if not good.any():
        return np.full(image.shape, np.nan)
    noise = float(np.median(sigma[good]))
    if noise <= 0:
        raise ValueError(f"sigma of a stamp must be positive, its median is {noise}")
    level = np.where(good, image, np.nan) / noise
    low = np.arcsinh(-1.5 / 3)
    high = np.arcsinh(max(float(np.quantile(level[good], 0.999)), 25.0) / 3)
    return np.clip((np.arcsinh(level / 3) - low) / (high - low), 0, 1)


def place_axes(
    figure: Figure, left: float, top: float, width: float, height: float, *, margin: float = 0.0
) -> Axes:
    """Return axes at a place in inches from the upper left corner, less a margin all round."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (
            (left + margin) / full_width,
            1 - (top + height - margin) / full_height,
            (width - 2 * margin) / full_width,
            (height - 2 * margin) / full_height,
        )
    )


def sheet(figure: Figure) -> Axes:
    """Return blank axes over a whole figure, in inches from its upper left corner.

    Many pictures on one sheet (see `paste`) are drawn many times as fast as on axes of their own.
    """
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    return axes


def paste(
    axes: Axes, picture: np.ndarray, left: float, top: float, side: float, **colours: Any
) -> None:
    """Put a square picture (S, S), its first row below, on a sheet; colours: as of `imshow`."""
    limits = axes.get_xlim(), axes.get_ylim()
    extent = (left, left + side, top + side, top)
    axes.imshow(picture, origin="lower", extent=extent, interpolation="nearest", aspect="auto",
                **colours)  # fmt: skip
    axes.set(xlim=limits[0], ylim=limits[1])


def crop(image: np.ndarray, size: int) -> np.ndarray:
    """Return the central (size, size) pixels of a square stamp; `size` keeps the parity of S."""
    start = max((image.shape[0] - size) // 2, 0)
    return image[start : image.shape[0] - start, start : image.shape[1] - start]


def show(axes: Axes, image: np.ndarray, sigma: np.ndarray, colours: Colormap, scale: float) -> None:
    """Draw one stretched stamp in arcsec around the stamp centre, x right and y up, no frame."""
    half = image.shape[0] * scale / 2
    axes.imshow(
        asinh_stretch(image, sigma),
        origin="lower",
        cmap=colours.with_extremes(bad=MISSING),
        vmin=0,
        vmax=1,
        extent=(-half, half, -half, half),
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def mark_radius(
    axes: Axes, radius: float, axis_ratio: float, angle: float, x: float, y: float, colour: str
) -> None:
    """Draw the half-light ellipse (arcsec, radians); a circle of the semi-major axis if unknown."""
    known = bool(np.isfinite(axis_ratio) and np.isfinite(angle))
    axes.add_patch(
        Ellipse(
            (x, y),
            2 * radius,
            2 * radius * (axis_ratio if known else 1.0),
            angle=float(np.degrees(angle)) if known else 0.0,
            fill=False,
            edgecolor=colour,
            linewidth=1.2,
            linestyle="-" if known else (0, (4, 2)),
        )
    )


def scale_bar(axes: Axes, colour: str, *, size: float = 7.5) -> None:
    """Draw a bar of 1, 2, 5 or 10 arcsec, at most 0.3 of the stamp, in its lower left corner."""
    low, high = axes.get_xlim()
    width = high - low
    length = max((bar for bar in (1, 2, 5, 10) if bar <= 0.3 * width), default=1)
    left, bottom = low + 0.06 * width, low + 0.07 * width
    axes.plot([left, left + length], [bottom, bottom], color=colour, lw=1.4, solid_capstyle="butt")
    axes.text(left, bottom + 0.025 * width, f"{length}″", color=colour, fontsize=size, va="bottom")
