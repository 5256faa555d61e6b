"""The tables of a measurement's page: its flags, its rows, what made it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from halflight.quality import names_of
from halflight.report.formatting import (
    NOT_MEASURED,
    format_count,
    format_fraction,
    format_many,
    format_number,
)
from halflight.report.section import Table
from halflight.results import Results
from halflight.results.flags import OF_THE_IMAGE, counted, own_flags

MOST_ROWS = 200  # of the page's table: the file has them all

_SHOWN = {
    "half_light_radius": "R_e, arcsec",
    "half_light_radius_pix": "R_e, pixels",
    "axis_ratio": "axis ratio",
    "position_angle": "angle, °",
    "sersic_n": "Sérsic n",
    "magnitude": "magnitude",
}
_PROVENANCE = {
    "image": "image",
    "catalogue": "sources",
    "psf": "PSF",
    "model": "model",
    "model_sha256": "SHA-256 of the model",
    "tier": "tier",
    "command": "command",
    "date": "date",
    "halflight": "halflight",
}


@dataclass(frozen=True)
class FlagCount:
    """How often a flag is set: its name in words, its bit, the rows, and their share in percent."""

    name: str
    bit: int
    count: str
    share: str
    percent: float


def flag_counts(rows: pd.DataFrame) -> list[FlagCount]:
    """The flags that are set, in the order of their bits."""
    return [
        FlagCount(
            name.replace("_", " "),
            bit,
            format_count(count),
            format_fraction(count / len(rows)),
            round(100 * count / len(rows), 1),
        )
        for name, bit, count in counted(rows)
    ]


def unflagged(rows: pd.DataFrame) -> str:
    """One sentence: how many rows have no flag of their own, and what they have instead."""
    clean = rows[own_flags(rows) == 0]
    if clean.empty:
        return "Every row has a flag of its own." if len(rows) else "There is no row."
    count = len(clean)
    text = f"{format_many(count, 'row')} {'has' if count == 1 else 'have'} no flag"
    if (clean["flags"].to_numpy(np.int64) & OF_THE_IMAGE).any():
        their = _their(count)
        return f"{text} of {their} own, only what is held against {their} whole image."
    return f"{text}."


def row_table(results: Results) -> Table:
    """The first rows, in order: id, quantities with their central 68 %, flags in words."""
    rows = results.rows.head(MOST_ROWS)
    arcsec = bool(np.isfinite(rows["half_light_radius"]).any())
    hidden = "half_light_radius_pix" if arcsec else "half_light_radius"
    shown = [name for name in _SHOWN if name != hidden and np.isfinite(rows[name]).any()]
    lines, details = [], {}
    for number, row in enumerate(rows.to_dict("records")):
        cells = [str(row["id"])]
        for name in shown:
            if np.isfinite(row[f"{name}_16"]):
                low, high = row[f"{name}_16"], row[f"{name}_84"]
                details[number, len(cells)] = f"{format_number(low)} to {format_number(high)}"
            cells.append(format_number(row[name]))
        flags = names_of(int(row["flags"]))
        lines.append([*cells, ", ".join(flags).replace("_", " ") or "none"])
    more = len(results.rows) - len(rows)
    title = f"The first {len(rows)} rows; the table has {more} more" if more else "All rows"
    columns = ["id", *(_SHOWN[name] for name in shown), "flags"]
    return Table(title, columns, lines, details, empty=NOT_MEASURED)


def provenance_table(results: Results) -> Table:
    """What made the rows, a column a run."""
    runs = results.runs
    columns = ["what", *(f"run {number}" for number in range(len(runs)))]
    lines = [
        [words, *(str(run.get(key, "not known")) for run in runs)]
        for key, words in _PROVENANCE.items()
    ]
    return Table("What made the rows", columns, lines if runs else [])


def summary(results: Results) -> str:
    """One sentence: how many, how large, how sure."""
    rows = results.rows
    radius = rows["half_light_radius"]
    unit = "″"
    if not np.isfinite(radius).any():
        radius, unit = rows["half_light_radius_pix"], " pixels"
    measured = np.isfinite(radius)
    flagged = int((own_flags(rows) != 0).sum())
    text = f"{format_many(len(rows), 'source')}, {format_count(int(measured.sum()))} measured"
    text += f", {format_count(flagged)} with a flag of {_their(flagged)} own."
    if measured.any():
        name = str(radius.name)
        ratio = rows.loc[measured, f"{name}_84"] / rows.loc[measured, f"{name}_16"]
        error = float(np.median(np.log(ratio))) / 2
        text += (
            f" The median half-light radius is {format_number(float(radius.median()))}{unit}, its "
            f"median error {format_fraction(error)}."
        )
    return text


def _their(count: int) -> str:
    return "its" if count == 1 else "their"
