"""The pictures of a measurement's page: the image with its ellipses, the sizes, one example."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from halflight.report.measured.examples import Example
from halflight.report.stamps import asinh_stretch, crop
from halflight.report.style import (
    MUTED,
    NIGHT,
    RESIDUAL,
    decimal_log_axis,
    new_figure,
    not_measured,
    radius_axis,
    styled,
)
from halflight.results.flags import own_flags

CLEAN, FLAGGED = "#7fd4ff", "#ffc85c"  # on the dark of an image
CLEAN_INK, FLAGGED_INK = "#0b5fa5", "#b35900"  # on the white of a figure
_DARK, _LINE, _HALO_WIDTH = "#070a12", 1.1, 2.4  # a line is seen on a galaxy's light, too
_HALO = withStroke(linewidth=_HALO_WIDTH, foreground=_DARK)
_MOST_BARS = 600  # error bars that can still be told apart
_LEAST_SHARE = 0.005  # of the image's width, that a radius needs to be seen: 5 CSS pixels
TIMES = 3  # as large as they are, ellipses that are too small are drawn
_SIDE = 1.9  # inches of one panel of an example
_LEAST_PIXELS = 24  # of a crop


@styled
def draw_overview(image: NDArray[np.floating], step: float, rows: pd.DataFrame) -> Figure:
    """Draw an image, asinh-stretched, with the half-light ellipse of every source.

    image: (H, W), each of whose pixels is a square of `step` pixels of the measured one; rows: of
    results. A source without a radius is a cross. An ellipse that is `too_small` is dashed, and
    drawn `TIMES` as large.
    """
    height, width = image.shape
    figure = new_figure(9.0 * height / width, layout="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    good = np.isfinite(image)
    scatter = 1.4826 * np.median(np.abs(image[good] - np.median(image[good]))) if good.any() else 0
    level = image - (np.median(image[good]) if good.any() else 0.0)
    stretched = asinh_stretch(level, np.full(image.shape, scatter if scatter > 0 else 1.0))
    edges = (-0.5, width * step - 0.5, -0.5, height * step - 0.5)
    colours = NIGHT.with_extremes(bad="#6d3a4a")
    axes.imshow(stretched, origin="lower", cmap=colours, vmin=0, vmax=1, extent=edges)
    axes.set_axis_off()
    flagged = own_flags(rows) != 0
    measured = np.isfinite(rows["half_light_radius_pix"].to_numpy())
    times = np.where(too_small(image, step, rows), TIMES, 1)
    for which, colour in ((~flagged, CLEAN), (flagged, FLAGGED)):
        chosen = which & measured
        _draw_ellipses(axes, rows[chosen], times[chosen], colour)
        lost = rows[which & ~measured]
        axes.plot(lost["x"], lost["y"], "x", color=colour, ms=4, mew=1.0, path_effects=[_HALO])
    axes.set_xlim(edges[0], edges[1])
    axes.set_ylim(edges[2], edges[3])
    return figure


def too_small(image: NDArray[np.floating], step: float, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which sources' half-light ellipses, (rows,), would be dots in the picture of an image.

    Arguments are those of `draw_overview`.
    """
    radii = rows["half_light_radius_pix"].to_numpy(np.float64)
    return radii < _LEAST_SHARE * image.shape[1] * step


def _draw_ellipses(axes: Axes, rows: pd.DataFrame, times: NDArray[np.int64], colour: str) -> None:
    """Ellipses, those of a galaxy's bright middle in sight, too; enlarged ones dashed."""
    ratio, angle = _shape(rows)
    size = 2 * times * rows["half_light_radius_pix"].to_numpy()
    styles = np.where(times > 1, "--", "-").tolist()
    # A halo under all of them: as a path effect it would be drawn one by one, thousands slowly.
    for ink, width in ((_DARK, _HALO_WIDTH), (colour, _LINE)):
        axes.add_collection(
            EllipseCollection(
                size, size * ratio, angle, units="xy", offsets=rows[["x", "y"]].to_numpy(),
                transOffset=axes.transData, facecolors="none", edgecolors=ink, linewidths=width,
                linestyles="-" if ink == _DARK else styles,
            )
        )  # fmt: skip


def _shape(rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Axis ratio and angle of ellipses; of a circle where either is unknown."""
    ratio = rows["axis_ratio"].to_numpy(np.float64)
    angle = rows["position_angle_image"].to_numpy(np.float64)
    known = np.isfinite(ratio) & np.isfinite(angle)
    return np.where(known, ratio, 1.0), np.where(known, angle, 0.0)


@styled
def draw_sizes(rows: pd.DataFrame) -> Figure:
    """Draw R_e against magnitude with the central 68 % of both, in arcsec where that is known.

    Flagged rows are hollow. Without magnitudes, the rows are in the order of their sizes.
    """
    figure = new_figure(4.2)
    axes = figure.subplots()
    arcsec = np.isfinite(rows["half_light_radius"]).any()
    name = "half_light_radius" if arcsec else "half_light_radius_pix"
    bright = np.isfinite(rows["magnitude"]).any()
    shown = rows[np.isfinite(rows[name]) & (np.isfinite(rows["magnitude"]) | (not bright))]
    if shown.empty:
        not_measured(axes, "no source has a half-light radius")
        return figure
    if not bright:
        shown = shown.sort_values(name, kind="stable")
    place = shown["magnitude"].to_numpy() if bright else np.arange(len(shown))
    flagged = own_flags(shown) != 0
    for which, colour, fill, words in (
        (flagged, FLAGGED_INK, "none", "flagged"),
        (~flagged, CLEAN_INK, CLEAN_INK, "no flag"),
    ):
        part = shown[which]
        if len(shown) <= _MOST_BARS:
            bars: dict[str, Any] = {"color": colour, "lw": 0.8, "alpha": 0.45}
            axes.vlines(place[which], part[f"{name}_16"], part[f"{name}_84"], **bars)
            if bright:
                axes.hlines(part[name], part["magnitude_16"], part["magnitude_84"], **bars)
        size = 4.5 if len(shown) <= _MOST_BARS else 2.5
        label = f"{words} ({len(part)})"
        style: dict[str, Any] = {"mec": colour, "mfc": fill, "mew": 0.8, "ms": size, "alpha": 0.85}
        axes.plot(place[which], part[name], "o", label=label, **style)
    axes.set_yscale("log")
    (radius_axis if arcsec else decimal_log_axis)(axes.yaxis)
    axes.set_title("Half-light radius" + ("" if arcsec else ", pixels"))
    axes.set_xlabel("magnitude (AB)" if bright else "sources, by size")
    if not bright:
        axes.set_xticks([])
    axes.legend(frameon=False, loc="best", fontsize=8.5)
    return figure


@styled
def draw_example(example: Example, row: pd.Series) -> Figure:
    """Draw a source, its model and what the model leaves, cropped to about six radii."""
    figure = new_figure(_SIDE + 0.24, 3 * _SIDE, layout="none")
    full = example.image.shape[0]
    radius = float(row["half_light_radius_pix"]) / example.binning
    wanted = 12 * radius if np.isfinite(radius) else full
    size = int(np.clip(2 * round(wanted / 2), min(_LEAST_PIXELS, full), full))
    size -= (full - size) % 2
    image, sigma = crop(example.image, size), crop(example.sigma, size)
    panels = figure.subplots(1, 3)
    figure.subplots_adjust(0.004, 0.004, 0.996, _SIDE / (_SIDE + 0.24), wspace=0.02)
    for axes, title in zip(panels, ("image", "model", "image − model"), strict=True):
        axes.set_axis_off()
        axes.set_title(title, fontsize=9.5, color=MUTED, weight="normal", pad=3)
    colours = NIGHT.with_extremes(bad="#6d3a4a")
    extent = (-size / 2, size / 2, -size / 2, size / 2)
    look: dict[str, Any] = {
        "origin": "lower",
        "vmin": 0,
        "vmax": 1,
        "extent": extent,
        "interpolation": "nearest",
    }
    panels[0].imshow(asinh_stretch(image, sigma), cmap=colours, **look)
    if np.isfinite(radius):
        ratio, angle = _shape(row.to_frame().T)
        colour = FLAGGED if example.group == "flagged" else CLEAN
        panels[0].add_patch(
            Ellipse(
                (example.x, example.y), 2 * radius, 2 * radius * ratio[0], angle=angle[0],
                fill=False, edgecolor=colour, linewidth=_LINE, path_effects=[_HALO],
            )
        )  # fmt: skip
    if example.model is None:
        for axes in panels[1:]:
            axes.text(0.5, 0.5, "no model", ha="center", va="center", color=MUTED, fontsize=8,
                      transform=axes.transAxes)  # fmt: skip
        return figure
    model = crop(example.model, size)
    panels[1].imshow(asinh_stretch(model, sigma), cmap=colours, **look)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(np.isfinite(sigma), (image - model) / sigma, np.nan)
    residual = look | {"vmin": -5, "vmax": 5}
    panels[2].imshow(left, cmap=RESIDUAL, **residual)
    return figure
