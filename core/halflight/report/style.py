"""The look shared by every figure: palette, type, axes helpers, and no pyplot state."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

Parameters = ParamSpec("Parameters")

WIDTH = 9.0  # inches: 900 CSS pixels on the page, so 9.5 pt text reads as body text
DPI = 160

INK = "#1d2430"
MUTED = "#5d6673"
FAINT = "#c3c9d2"
GRID = "#e8ebf0"

DATASET_COLOURS = {"simulated": "#0f7b6c", "survey": "#8a3f86"}

DENSITY = LinearSegmentedColormap.from_list("density", ["#d3e4f3", "#0b5fa5", "#04203d"])
PALE_DENSITY = LinearSegmentedColormap.from_list("pale", ["#e4edf6", "#86aed3"])
SIMULATED_DENSITY = LinearSegmentedColormap.from_list("simulated", ["#d9ece8", "#0f7b6c"])
# Few levels for stamps, so that a palette of 256 holds them and the colours of the text.
NIGHT = LinearSegmentedColormap.from_list(
    "night", ["#070a12", "#1a2440", "#4b5f8f", "#b3a9a8", "#fdf3dc"], N=128
)
RESIDUAL = LinearSegmentedColormap.from_list("residual", ["#2f6fb0", "#f4f2ee", "#b8502a"], N=64)
PAPER = LinearSegmentedColormap.from_list("paper", ["#ffffff", "#10141c"], N=64)

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same bytes on every machine
    "font.size": 9.5,
    "text.color": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "patch.linewidth": 0,
    "savefig.facecolor": "white",
}


def in_style() -> Any:
    """Return a context in which matplotlib has its defaults plus the house style.

    The reader's own matplotlibrc is left out of it, so that figures are the same everywhere.
    """
    return matplotlib.style.context(["default", _STYLE])


def styled(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Decorate a draw function so that everything it creates takes the house style."""

    @wraps(draw)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with in_style():
            return draw(*args, **kwargs)

    return wrapper


def new_figure(height: float, width: float = WIDTH, *, layout: str = "constrained") -> Figure:
    """Return an empty Figure of width x height inches on an Agg canvas, outside pyplot."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout)  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure


def not_measured(axes: Axes, reason: str) -> None:
    """Blank `axes` and say in plain words that there is nothing to show, and why."""
    axes.set_axis_off()
    text = f"not measured\n{reason}"
    axes.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, transform=axes.transAxes)


def radius_axis(axis: Axis) -> None:
    """Label a logarithmic radius axis in plain arcseconds (0.5, 1, 2, 5, ...)."""
    axis.set_major_locator(
        FixedLocator([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
    )
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}″"))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def decimal_log_axis(axis: Axis) -> None:
    """Label a logarithmic axis with plain decimals at 1, 2 and 5 of every decade."""
    ticks = [step * 10.0**power for power in range(-6, 3) for step in (1, 2, 5)]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def spread(positions: Iterable[float], gap: float) -> np.ndarray:
    """Move label positions apart until neighbours are at least `gap` from each other.

    The order and the mean of every crowded group are kept, so that a label stays near its line.
    """
    wanted = np.asarray(list(positions), dtype=float)
    order = np.argsort(wanted, kind="stable")
    groups: list[list[float]] = []  # [mean, size] of labels stacked together
    for value in wanted[order]:
        groups.append([float(value), 1.0])
        while len(groups) > 1:
            (low, low_size), (high, high_size) = groups[-2], groups[-1]
            if high - low >= gap * (low_size + high_size) / 2:
                break
            size = low_size + high_size
            groups[-2:] = [[(low * low_size + high * high_size) / size, size]]
    placed = [
        mean + gap * (slot - (size - 1) / 2) for mean, size in groups for slot in range(int(size))
    ]
    result = np.empty_like(wanted)
    result[order] = placed
    return result


def label_line_ends(axes: Axes, ends: list[tuple[float, str, str]], *, gap: float = 0.085) -> None:
    """Write line names beside the right edge of `axes`, at the height of each line's last point.

    ends: (last y in data coordinates, text, colour) of each line; gap: least distance of two
    labels in axes heights. Limits must be final.
    """
    transform = axes.transData + axes.transAxes.inverted()
    left = axes.get_xlim()[0]
    heights = [float(transform.transform((left, y))[1]) for y, _, _ in ends]
    heights = [min(max(height, 0.0), 1.0) for height in heights]
    for height, (_, text, colour) in zip(spread(heights, gap), ends, strict=True):
        axes.annotate(
            text, (1.0, height), xycoords="axes fraction", xytext=(6, 0), color=colour,
            textcoords="offset points", va="center", ha="left", fontsize=8.8,
        )  # fmt: skip
