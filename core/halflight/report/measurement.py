"""The section of a task that measures a number with an error bar: results, pictures, limits."""

from collections.abc import Callable, Sequence

import numpy as np

from halflight.report.bin_tables import PROPERTIES, bound_table, coverage_table, scatter_table
from halflight.report.contents import pictures
from halflight.report.headline import headline, summary
from halflight.report.inputs import DATASETS, ReportData
from halflight.report.section import Part, Section, Table
from halflight.report.statements import limits, source_of
from halflight.report.tables import score_tables

LEAD = (
    "Half-light radii of galaxies, each with an error bar: a network beside a scene fit, a Sérsic "
    "fit, an aperture and the Cramér–Rao bound."
)
_SCORES = (
    "Bias is median(R / R expected) − 1; outliers are farther than 0.3 in ln R. A fit that did not "
    "converge counts with its value in bias, scatter and outliers, and without an error bar in the "
    "rest: its formal error describes no minimum. NLL is the mean negative log-likelihood of ln R "
    "(less is better). The KS distance of the PIT values is 0 for perfect error bars."
)
_LIMIT = (
    "Isolated galaxies alone, as the bound knows no neighbours. A ratio of 1 reaches it; a method "
    "that knows which galaxies are likely may fall below where they are faint."
)


def measurement(
    data: ReportData,
    *,
    task: str = "radius",
    title: str = "Half-light radius",
    figures: Sequence[str] | None = None,
) -> Section:
    """Return the section of one task; figures: names of pictures, in reading order; None: all."""
    return Section(
        task=task,
        title=title,
        lead=LEAD,
        headline=headline(data),
        pictures=pictures(data, figures),
        parts=_parts(data),
        limits=limits(data),
        source=source_of(data.provenance, trained_by=data.trained_by, devices=data.devices),
        summary=summary(data),
    )


def _parts(data: ReportData) -> list[Part]:
    bins = data.bins
    by_property = "By size, shape and crowding, and the error bars bin by bin"
    return [
        Part([scatter_table(bins, name) for name in DATASETS], note=_of_scatter(data)),
        Part(score_tables(data), heading="All magnitudes", note=_SCORES),
        Part(
            [bound_table(bins), scatter_table(bins, "simulated", galaxies="isolated_bulge_disc")],
            heading="How near the physical limit",
            note=_LIMIT if np.isfinite(bins["crb_nmad"]).any() else "",
        ),
        Part(
            _by_property(scatter_table, data),
            heading=by_property,
            folded="Scatter by size, Sérsic index, axis ratio and crowding",
        ),
        Part(
            [
                *(coverage_table(bins, name) for name in DATASETS),
                *_by_property(coverage_table, data),
            ],
            folded="Coverage of the 68 and 95 % intervals in every bin",
        ),
    ]


def _of_scatter(data: ReportData) -> str:
    """What the small print of the scatter tables is, of what they hold alone."""
    text = (
        "NMAD: 1.48 times the median absolute deviation, a standard deviation that outliers leave "
        "alone; an NMAD of ln R of 0.05 is a 5 % scatter of the radius. Bold is the least of a bin."
    )
    small = []
    if np.isfinite(data.bins["nmad_low"]).any():
        small.append("68 % bootstrap interval")
    small.append("number of galaxies where a method did not measure as many as the first")
    text += f" Small print: {', and the '.join(small)}."
    if np.isfinite(data.bins["crb_nmad"]).any():
        text += (
            " The Cramér–Rao row is the scatter that the bounds of these galaxies imply, each "
            "taken without its neighbours."
        )
    return text


def _by_property(make: Callable[..., Table], data: ReportData) -> list[Table]:
    """A table of each property of each data set that has any such bin."""
    tables = [make(data.bins, name, by) for name in DATASETS for by in PROPERTIES]
    return [table for table in tables if table.rows]
