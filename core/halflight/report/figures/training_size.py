"""Training size: what the network's scatter is after so many stamps, and so many minutes."""

import pandas as pd
from matplotlib.figure import Figure

from halflight.methods import METHODS
from halflight.report.style import INK, new_figure, styled

_AXES = {
    "learnt_from": ("stamps that it learnt from", ",.0f"),
    "cpu_minutes": ("CPU minutes of training", ".1f"),
}
_SCATTERS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@styled
def draw(sizes: pd.DataFrame, others: pd.DataFrame, *, reference: float, name: str) -> Figure:
    """Draw the network's NMAD, with its interval, against both; dotted, that of a classical method.

    sizes: columns learnt_from, cpu_minutes, nmad, nmad_low, nmad_high, one row a training. others:
    the same of trainings that differ in more than their stamps, by name; against minutes alone.
    reference: the NMAD of the classical method called `name`.
    """
    figure, method = new_figure(3.4), METHODS["network"]
    panels = figure.subplots(1, len(_AXES), sharey=True)
    for axes, (column, (title, form)) in zip(panels, _AXES.items(), strict=True):
        rows = sizes.sort_values(column)
        axes.vlines(rows[column], rows["nmad_low"], rows["nmad_high"], color=method.colour, lw=1.6)
        axes.plot(rows[column], rows["nmad"], marker=method.marker, color=method.colour, lw=1.2)
        axes.axhline(reference, color=INK, lw=0.9, ls=":")
        axes.set_xscale("log")
        axes.set_xticks(rows[column], [format(value, form) for value in rows[column]])
        axes.set_xlabel(title)
        axes.minorticks_off()
    panels[1].errorbar(
        others["cpu_minutes"],
        others["nmad"],
        yerr=[others["nmad"] - others["nmad_low"], others["nmad_high"] - others["nmad"]],
        fmt=method.marker,
        mfc="white",
        color=method.colour,
        lw=1.2,
    )
    # Names below and above in turn: those of neighbours lie apart.
    for number, (kind, row) in enumerate(others.sort_values("cpu_minutes").iterrows()):
        panels[1].annotate(
            str(kind).replace("_", " "),
            (row["cpu_minutes"], row["nmad"]),
            xytext=(0, 6 if number % 2 else -11),
            textcoords="offset points",
            fontsize="x-small",
            ha="center",
        )
    panels[0].set_yscale("log")
    panels[0].set_yticks(_SCATTERS, list(map(str, _SCATTERS)))
    panels[0].minorticks_off()
    panels[0].set_ylim(0.8 * reference, 1.2 * float(sizes["nmad_high"].max()))
    panels[0].set_ylabel("NMAD of ln R")
    panels[1].annotate(
        METHODS[name].title,
        (1.0, reference),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 4),
        textcoords="offset points",
        ha="right",
    )
    return figure
