"""From simulation to survey: how well each way of learning does, beside the classical methods."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import ARMS, METHODS, comparable, in_order
from halflight.report.formatting import format_count, format_fraction, format_number
from halflight.report.style import (
    INK,
    MUTED,
    new_figure,
    not_measured,
    styled,
)

_ORDER = (*ARMS, *(name for name, method in METHODS.items() if method.kind == "classical"))
_TITLES = {
    "reference": ("Against the scene fit", "no survey labels to compare with"),
    "truth": ("Against the known truth", "real galaxies have no known true radius"),
}
_COLUMNS = {"NMAD": ("nmad", format_number), "bias": ("bias", format_fraction),
            "outliers": ("outlier_fraction", format_fraction)}  # fmt: skip


@styled
def draw(transfer: pd.DataFrame) -> Figure:
    """Draw the NMAD of ln R of every arm with its bootstrap interval, a row an arm and label count.

    transfer: columns arm, against ("reference" or "truth"), count_labels, nmad, nmad_low,
    nmad_high, bias, outlier_fraction. Beside each row stand its NMAD, bias and outliers.
    """
    measured = transfer[np.isfinite(transfer["nmad"])].fillna({"count_labels": 0})
    pairs_of = zip(measured["arm"], measured["against"], strict=True)
    measured = measured[np.array([comparable(*pair) for pair in pairs_of], bool)]
    arms = [*_ORDER, *(arm for arm in in_order(measured["arm"]) if arm not in _ORDER)]
    pairs = set(zip(measured["arm"].astype(str), measured["count_labels"], strict=True))
    rows = sorted(pairs, key=lambda pair: (arms.index(pair[0]), pair[1]))
    figure = new_figure(1.15 + 0.42 * max(len(rows), 3))
    panels = figure.subplots(1, 2)
    named = False
    for axes, (against, (title, absent)) in zip(panels, _TITLES.items(), strict=True):
        axes.set_title(title, pad=24)
        one = measured[measured["against"] == against]
        if one.empty:
            not_measured(axes, absent)
            continue
        by_row = {(str(row["arm"]), row["count_labels"]): row for _, row in one.iterrows()}
        _draw_rows(axes, [by_row.get(pair) for pair in rows], rows, named=not named)
        named = True
        axes.set_xlim(0, 1.08 * float(np.nanmax(measured[["nmad", "nmad_high"]].to_numpy())))
    return figure


def _draw_rows(
    axes: Axes, rows: list[pd.Series | None], pairs: list[tuple[str, float]], *, named: bool
) -> None:
    """Draw one panel, the first row on top, with the names of its rows if `named`."""
    for place, (row, (arm, _)) in enumerate(zip(rows, pairs, strict=True)):
        colour, marker = METHODS[arm].colour, METHODS[arm].marker
        if row is None:
            text = "not measured" if comparable(arm, "reference") else "is this reference"
            axes.annotate(text, (0, place), xytext=(5, 0), textcoords="offset points",
                          color=MUTED, fontsize=8, va="center")  # fmt: skip
            continue
        ends = [row["nmad_low"], row["nmad_high"]]
        axes.plot(ends, [place, place], color=colour, lw=1.4, marker="|", ms=11, mew=1.4)
        axes.plot(row["nmad"], place, marker, color=colour, ms=6.5, mec="white", mew=0.8)
        for column, (name, form) in enumerate(_COLUMNS.values()):
            _cell(axes, column, ("data", place), form(row[name]), INK)
    for column, name in enumerate(_COLUMNS):
        _cell(axes, column, ("axes fraction", 1.035), name, MUTED)
    axes.set_yticks(range(len(pairs)), [_row_name(*pair) if named else "" for pair in pairs])
    for label, (arm, _) in zip(axes.get_yticklabels(), pairs, strict=True):
        label.set_color(METHODS[arm].colour)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("NMAD of ln R (less is better)")


def _cell(axes: Axes, column: int, height: tuple[str, float], text: str, colour: str) -> None:
    """Write one right-aligned cell of the little table to the right of a panel."""
    units, y = height
    axes.annotate(text, (1.0, y), xycoords=("axes fraction", units), ha="right", va="center",
                  xytext=(40 + 46 * column, 0), textcoords="offset points", color=colour,
                  fontsize=7.8)  # fmt: skip


def _row_name(arm: str, labels: float) -> str:
    """Return an arm's name with the number of survey labels it has learnt from."""
    name = METHODS[arm].short
    return f"{name}\n{format_count(labels)} labels" if labels > 0 else name
