"""The page: a report's tables and figures as one self-contained HTML file and a Markdown twin."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from halflight.files import write_bytes
from halflight.report.bin_tables import PROPERTIES, bound_table, coverage_table, scatter_table
from halflight.report.contents import Picture, pictures
from halflight.report.inputs import DATASETS, ReportData, check_inputs
from halflight.report.saving import png_bytes
from halflight.report.statements import SDSS_URL, acknowledgement, data_statement, limits
from halflight.report.tables import (
    Table,
    headline,
    parameter_table,
    provenance_tables,
    score_tables,
)
from halflight.report.templating import data_uri, environment


def _context(data: ReportData, shown: list[Picture], title: str) -> dict[str, Any]:
    """Return everything both templates print."""
    counts, dropped, files = provenance_tables(data.provenance)
    return {
        "title": title,
        "statement": data_statement(data.provenance),
        "endpoint": data.provenance["endpoint"],
        "provenance": data.provenance,
        "acknowledgement": acknowledgement(data.provenance),
        "sdss_url": SDSS_URL,
        "headline": headline(data),
        "bounded": bool(data.bins["crb_nmad"].notna().any()),
        "scatter": [scatter_table(data.bins, name) for name in DATASETS],
        "limits_reached": [
            bound_table(data.bins),
            scatter_table(data.bins, "simulated", galaxies="isolated_bulge_disc"),
        ],
        "scatter_by_property": _by_property(scatter_table, data),
        "coverage": [
            *(coverage_table(data.bins, name) for name in DATASETS),
            *_by_property(coverage_table, data),
        ],
        "score_tables": score_tables(data),
        "pictures": shown,
        "counts": counts,
        "dropped": dropped,
        "files": files,
        "parameters": parameter_table(data.params),
        "limits": limits(data),
    }


def _by_property(make: Callable[..., Table], data: ReportData) -> list[Table]:
    """A table of each property of each data set that has any such bin."""
    tables = [make(data.bins, name, by) for name in DATASETS for by in PROPERTIES]
    return [table for table in tables if table.rows]


def render_html(
    data: ReportData, shown: list[Picture], images: Mapping[str, bytes], *, title: str
) -> str:
    """Return the page as HTML that needs no network, script or other file.

    images: the PNG bytes of every picture by name; they are inlined as data URIs.
    """
    uris = {name: data_uri(content) for name, content in images.items()}
    template = environment(autoescape=True).get_template("page.html.j2")
    return template.render(_context(data, shown, title), uris=uris)


def render_markdown(data: ReportData, shown: list[Picture], *, title: str) -> str:
    """Return the report as Markdown that links to figures/NAME.png beside it."""
    template = environment(autoescape=False).get_template("report.md.j2")
    return template.render(_context(data, shown, title))


def write_report(
    folder: Path,
    *,
    provenance: Mapping[str, Any],
    predictions: pd.DataFrame | None,
    objects: pd.DataFrame | None,
    bins: pd.DataFrame | None,
    metrics: Mapping[str, Any] | None,
    history: pd.DataFrame | None,
    transfer: pd.DataFrame | None,
    gallery: Mapping[str, Any] | None,
    params: Mapping[str, Any] | None,
    title: str = "halflight",
    figures: Sequence[str] | None = None,
) -> list[Path]:
    """Write figures/*.png, report.md and index.html under `folder`; return their paths.

    Tables: see halflight.report.inputs.COLUMNS; a part given as None is shown as not measured.
    figures: names of pictures, in reading order; None: all. The bytes depend on the arguments
    alone. Raises TypeError or ValueError, before anything is
    written, where a part is malformed, and OSError where `folder` cannot be written.
    """
    data = check_inputs(
        provenance=provenance,
        predictions=predictions,
        objects=objects,
        bins=bins,
        metrics=metrics,
        history=history,
        transfer=transfer,
        gallery=gallery,
        params=params,
    )
    shown = pictures(data, figures)
    images = {picture.name: png_bytes(picture.draw()) for picture in shown}
    html = render_html(data, shown, images, title=title)
    markdown = render_markdown(data, shown, title=title)
    folder = Path(folder)
    return [
        *(
            write_bytes(folder / "figures" / f"{name}.png", content)
            for name, content in images.items()
        ),
        write_bytes(folder / "report.md", markdown.encode()),
        write_bytes(folder / "index.html", html.encode()),
    ]
