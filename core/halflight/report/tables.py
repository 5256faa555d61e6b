"""The page's tables as text: headline scores by magnitude, all scores, provenance, parameters."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from halflight.methods import METHODS, comparable, in_order
from halflight.report.formatting import (
    NOT_MEASURED,
    flatten,
    format_count,
    format_fraction,
    format_number,
    format_parameter,
    format_value,
)
from halflight.report.inputs import ReportData

DATASET_TITLES = {
    "simulated": "Simulated test galaxies, against the true radius",
    "survey": "Survey galaxies, against the reference radius",
    "survey_truth": "Survey galaxies, against the known true radius",
}
_BESIDE = {
    "combined": "network with the scene fit",
    "scene_fit": "scene fit",
    "sersic_fit": "Sérsic fit",
    "aperture": "aperture radius",
}
_SCORES = {
    "count": ("galaxies", format_count),
    "bias": ("bias of R", format_fraction),
    "nmad": ("NMAD of ln R", format_number),
    "outlier_fraction": ("outliers", format_fraction),
    "coverage_68": ("in 68 % interval", format_fraction),
    "coverage_95": ("in 95 % interval", format_fraction),
    "nll": ("mean NLL", format_number),
    "pit_ks": ("PIT KS distance", format_number),
}


@dataclass(frozen=True)
class Table:
    """A table of finished text: a title, column names, rows, and a smaller second line a cell."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    details: dict[tuple[int, int], str] = field(default_factory=dict)
    empty: str = NOT_MEASURED  # said in place of a table without rows


def comparable_bins(bins: pd.DataFrame, dataset: str) -> tuple[pd.DataFrame, str]:
    """Return the bins of a dataset that share one reference, and that reference's name.

    The optional column `against` may hold both "truth" and "reference": truth is preferred where
    it was measured. Without it, a survey is taken to be compared with its reference. A method that
    may not be compared with it is left out.
    """
    rows = bins[bins["dataset"] == dataset]
    against = "truth" if dataset == "simulated" else "reference"
    if "against" in rows.columns:
        known = (rows["against"] == "truth") & np.isfinite(rows["nmad"])
        against = "truth" if known.any() else "reference"
        rows = rows[rows["against"] == against]
    rows = rows[np.array([comparable(name, against) for name in rows["method"]], bool)]
    return rows.reset_index(drop=True), against


def magnitude_table(bins: pd.DataFrame, dataset: str) -> Table:
    """Return the main table: NMAD of ln R of each method and the bound, a row a magnitude bin.

    The details give the bootstrap interval, and the count of a method that measured fewer or more
    galaxies than the first one.
    """
    rows, against = comparable_bins(bins, dataset)
    methods = in_order(rows["method"])
    title = DATASET_TITLES["survey_truth" if (dataset, against) == ("survey", "truth") else dataset]
    columns = ["magnitude", "galaxies", *(METHODS[method].title for method in methods)]
    bounded = bool(methods) and rows["crb_nmad"].notna().any()
    columns += ["Cramér–Rao bound", f"{METHODS[methods[0]].title} / bound"] if bounded else []
    table = Table(f"NMAD of ln R by magnitude. {title}", columns, [])
    for (low, high), group in rows.groupby(["bin_low", "bin_high"], sort=True):
        by_method = group.drop_duplicates("method").set_index("method")
        first = by_method.reindex(methods).iloc[0]
        cells = [f"{low:g}–{high:g}", format_count(first["count"])]
        for method in methods:
            row = by_method.reindex([method]).iloc[0]
            notes = []
            if np.isfinite(row["nmad_low"]) and np.isfinite(row["nmad_high"]):
                notes.append(f"{format_number(row['nmad_low'])}–{format_number(row['nmad_high'])}")
            if np.isfinite(row["nmad"]) and row["count"] != first["count"]:
                notes.append(f"of {format_count(row['count'])}")
            if notes:
                table.details[len(table.rows), len(cells)] = ", ".join(notes)
            cells.append(format_number(row["nmad"]))
        if bounded:
            known = group["crb_nmad"].dropna()
            bound = float(known.median()) if len(known) else np.nan
            ratio = first["nmad"] / bound if bound > 0 else np.nan
            cells += [format_number(bound), format_number(ratio)]
        table.rows.append(cells)
    return table


def score_tables(data: ReportData) -> list[Table]:
    """Return, a table a dataset, every score over all magnitudes, a row a method."""
    tables = []
    for dataset, scores in data.metrics.items():
        against = "reference" if dataset == "survey" else "truth"
        names = [name for name in in_order(scores) if comparable(name, against)]
        rows = [
            [
                METHODS[method].title,
                *(form(scores[method].get(score)) for score, (_, form) in _SCORES.items()),
            ]
            for method in names
        ]
        title = DATASET_TITLES.get(dataset, dataset)
        tables.append(Table(title, ["method", *(name for name, _ in _SCORES.values())], rows))
    return tables


def headline(data: ReportData) -> str:
    """Return one computed sentence: how the network does beside the fit and the aperture."""
    scores = data.metrics.get("simulated", {})
    if "network" not in scores:
        return f"The network's scores on simulated galaxies: {NOT_MEASURED}."
    network = scores["network"]
    others = [
        f"{format_number(scores[method].get('nmad'))} for the {name}"
        for method, name in _BESIDE.items()
        if method in scores
    ]
    listed = " and ".join([", ".join(others[:-1]), others[-1]] if others[1:] else others)
    beside = f", beside {listed}" if others else ""
    return (
        f"On {format_count(network.get('count'))} simulated test galaxies the network's radii "
        f"scatter by {format_number(network.get('nmad'))} (NMAD of ln R){beside}; their "
        f"68 % intervals hold the truth for {format_fraction(network.get('coverage_68'))}."
    )


def provenance_tables(provenance: dict[str, Any]) -> tuple[Table, Table, Table]:
    """Return the tables of counts (with the centroid check), of dropped objects and of files."""
    counts = [[str(k), format_value(v)] for k, v in flatten(provenance["counts"]).items()]
    centroid = provenance["centroid_offset_pixels"]
    for key, name in (("median", "median"), ("p90", "90th percentile")):
        value = format_number(centroid.get(key))
        unit = "" if value == NOT_MEASURED else " pixels"
        counts.append([f"centroid offset, catalogue against pixels, {name}", f"{value}{unit}"])
    counts.append(["centroids measured", format_count(centroid.get("count"))])
    dropped = [[str(reason), format_count(n)] for reason, n in provenance["dropped"].items()]
    files = [
        [str(f["path"]), format_count(f["bytes"]), str(f["sha256"])] for f in provenance["files"]
    ]
    return (
        Table("Counts", ["what", "number"], counts),
        Table("Dropped objects", ["reason", "objects"], dropped, empty="none recorded"),
        Table("Files", ["path", "bytes", "SHA-256"], files, empty="none recorded"),
    )


def parameter_table(params: dict[str, Any]) -> Table:
    """Return every parameter of the run under its dotted name, exactly as it was set."""
    rows = [[name, format_parameter(value)] for name, value in flatten(params).items()]
    return Table("Parameters", ["parameter", "value"], rows, empty="none given")
