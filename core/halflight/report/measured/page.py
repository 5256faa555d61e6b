"""The page of a measurement as one HTML file that needs no network, script or other file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.files import write_text
from halflight.quality import names_of
from halflight.report.formatting import format_many, format_number
from halflight.report.measured.examples import GROUPS, Example
from halflight.report.measured.pictures import (
    TIMES,
    draw_example,
    draw_overview,
    draw_sizes,
    too_small,
)
from halflight.report.measured.tables import (
    flag_counts,
    provenance_table,
    row_table,
    summary,
    unflagged,
)
from halflight.report.saving import png_bytes
from halflight.report.templating import data_uri, environment
from halflight.results import CONVENTIONS, DEFINITION, Results


@dataclass(frozen=True)
class Overview:
    """An image as the page shows it.

    Attributes:
        name: of its file.
        image: (H, W), each pixel the mean of a square of the measured image.
        step: pixels of the measured image along a side of that square.
        run: whose rows lie in it.
    """

    name: str
    image: NDArray[np.floating]
    step: float
    run: int = 0


def render_page(
    results: Results,
    *,
    overviews: Sequence[Overview] = (),
    examples: Sequence[Example] = (),
    notes: Sequence[str] = (),
    title: str = "Half-light radii",
) -> str:
    """The page as HTML; its bytes depend on the arguments alone.

    notes: what was assumed of the images, one sentence each.
    """
    rows = results.rows
    groups = [
        (words, [_shown(example, results) for example in examples if example.group == name])
        for name, words in GROUPS.items()
    ]
    template = environment(autoescape=True).get_template("measured.html.j2")
    return template.render(
        title=title,
        summary=summary(results),
        overviews=[_drawn(overview, rows) for overview in overviews],
        sizes=data_uri(png_bytes(draw_sizes(rows))),
        groups=groups,
        flags=flag_counts(rows),
        unflagged=unflagged(rows),
        rows=row_table(results),
        provenance=provenance_table(results),
        notes=notes,
        definition=DEFINITION,
        conventions=CONVENTIONS,
    )


def write_page(path: Path, results: Results, **parts: Any) -> None:
    """Write `render_page`, whole or not at all."""
    write_text(path, render_page(results, **parts))


def _drawn(overview: Overview, rows: pd.DataFrame) -> dict[str, Any]:
    """An image's picture with what its words say of it."""
    its = rows[rows["run"] == overview.run]
    return {
        "name": overview.name,
        "uri": data_uri(png_bytes(draw_overview(overview.image, overview.step, its))),
        "sources": format_many(len(its), "source"),
        "times": TIMES if too_small(overview.image, overview.step, its).any() else 1,
    }


def _shown(example: Example, results: Results) -> dict[str, str]:
    """An example's picture, what to read of it, and its text for those who do not see it."""
    row = results.rows.iloc[example.row]
    name_of_source = str(results.rows["id"].iloc[example.row])  # a row of numbers loses whole ones
    arcsec = np.isfinite(row["half_light_radius"])
    name, unit = ("half_light_radius", "″") if arcsec else ("half_light_radius_pix", " pixels")
    if np.isfinite(row[name]):
        low, high = format_number(row[f"{name}_16"]), format_number(row[f"{name}_84"])
        words = f"R_e {format_number(row[name])}{unit} ({low} to {high})"
    else:
        words = "no radius"
    if np.isfinite(row["magnitude"]):
        words += f", magnitude {format_number(row['magnitude'], 4)}"
    flags = ", ".join(names_of(int(row["flags"]))).replace("_", " ")
    model = "its model and what the model leaves" if example.model is not None else "without model"
    return {
        "uri": data_uri(png_bytes(draw_example(example, row))),
        "id": name_of_source,
        "words": words,
        "flags": flags,
        "text": f"Source {name_of_source}: its stamp, {model}. {words}. Flags: {flags or 'none'}.",
    }
