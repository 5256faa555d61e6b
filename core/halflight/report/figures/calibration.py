"""Are the error bars honest: PIT histograms and coverage curves, simulated and survey."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import ARMS, METHODS, in_order
from halflight.report.formatting import format_fraction
from halflight.report.residuals import (
    coverage_band,
    coverage_curve,
    join,
    known_reference,
    reference_name,
    with_error_bars,
)
from halflight.report.style import (
    FAINT,
    GRID,
    INK,
    MUTED,
    new_figure,
    not_measured,
    styled,
)
from halflight.scores.statistics import pit_values

SHOWN = {
    "simulated": ("network", "combined", "scene_fit", "sersic_fit"),
    "survey": in_order(ARMS),
}
FEW = 30  # fewer error bars than this draw no histogram
_LEVELS = np.linspace(0, 1, 51)


@styled
def draw(predictions: pd.DataFrame, objects: pd.DataFrame) -> Figure:
    """Draw, a row a dataset, the PIT histogram of its first method and the coverage of all.

    Uniform PIT and coverage on the diagonal mean that the Gaussian error bars of ln R are honest.
    Judged against the truth where any is known, else against the reference radius.
    """
    figure = new_figure(6.8)
    panels = figure.subplots(2, 2, width_ratios=[1.15, 1])
    for (histogram, coverage), (dataset, methods) in zip(panels, SHOWN.items(), strict=True):
        against = known_reference(objects, dataset)
        values = {}
        for method in methods:
            rows = with_error_bars(
                join(predictions, objects, dataset=dataset, method=method, against=against)
            )
            if len(rows) >= FEW:
                values[method] = pit_values(rows["predicted"] - rows["expected"], rows["sigma"])
        words = f"against {reference_name(dataset, against)}"
        if not values:
            histogram.set_title(f"{dataset.capitalize()}: PIT")
            for axes in (histogram, coverage):
                not_measured(axes, f"fewer than {FEW} {dataset} error bars {words}")
            continue
        first = next(iter(values))
        histogram.set_title(f"{dataset.capitalize()}: PIT, {METHODS[first].title}, {words}")
        _draw_pit(histogram, values[first], METHODS[first].colour)
        coverage.set_title(f"{dataset.capitalize()}: coverage (value at 68 %)")
        _draw_coverage(coverage, values)
    return figure


def _draw_pit(axes: Axes, pit: np.ndarray, colour: str) -> None:
    """Draw a PIT histogram with the 95 % scatter of a uniform one of this size."""
    cells = int(np.clip(len(pit) // 25, 5, 20))
    density, edges = np.histogram(pit, bins=cells, range=(0, 1), density=True)
    scatter = 1.96 * np.sqrt((cells - 1) / len(pit))
    axes.bar(edges[:-1], density, width=1 / cells, align="edge", color=colour, alpha=0.62,
             edgecolor="white", linewidth=0.8)  # fmt: skip
    axes.axhline(1, color=INK, lw=0.9)
    for edge in (1 - scatter, 1 + scatter):
        axes.axhline(edge, color=INK, lw=0.8, ls=(0, (4, 3)))
    axes.set(xlim=(0, 1), ylim=(0, max(1.6, 1.15 * float(density.max()))))
    axes.set(xlabel="PIT value", ylabel="density")
    axes.grid(False)


def _draw_coverage(axes: Axes, values: dict[str, np.ndarray]) -> None:
    """Draw observed against nominal coverage, and print each at 68 %."""
    smallest = min(len(pit) for pit in values.values())
    band = coverage_band(smallest, _LEVELS)
    axes.fill_between(_LEVELS, _LEVELS - band, _LEVELS + band, color=GRID, zorder=0)
    axes.plot([0, 1], [0, 1], color=INK, lw=0.9)
    for level in (0.68, 0.95):
        axes.axvline(level, color=FAINT, lw=0.8, ls=(0, (2, 2)))
        axes.text(level, 0.015, f"{100 * level:.0f}\u202f% ", color=MUTED, fontsize=7.5, ha="right")
    for row, (method, pit) in enumerate(values.items()):
        curve = coverage_curve(pit, _LEVELS)
        axes.plot(_LEVELS, curve, color=METHODS[method].colour, lw=2.2 if row == 0 else 1.6)
        at_68 = float(np.mean(np.abs(pit - 0.5) <= 0.34))
        axes.text(
            0.03, 0.96 - 0.08 * row, f"{METHODS[method].short}: {format_fraction(at_68)}",
            color=METHODS[method].colour, fontsize=8.5, va="top",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set(xlabel="nominal coverage", ylabel="observed coverage")
