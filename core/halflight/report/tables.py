"""The page's tables as text: all scores, provenance, parameters."""

from typing import Any

import numpy as np

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
from halflight.report.section import Table

DATASET_TITLES = {
    "simulated": "Simulated test galaxies, against the true radius",
    "survey": "Survey galaxies, against the reference radius",
    "survey_truth": "Survey galaxies, against the known true radius",
}
_SCORES = {
    "count": ("galaxies", format_count),
    "without_error": ("without error bar", format_count),
    "bias": ("bias of R", format_fraction),
    "nmad": ("NMAD of ln R", format_number),
    "outlier_fraction": ("outliers", format_fraction),
    "coverage_68": ("in 68 % interval", format_fraction),
    "coverage_95": ("in 95 % interval", format_fraction),
    "nll": ("mean NLL", format_number),
    "pit_ks": ("PIT KS distance", format_number),
}


def score_tables(data: ReportData) -> list[Table]:
    """Return, a table a dataset, every score over all magnitudes, a row a method.

    The last column sets the scatter beside the one that the Cramer-Rao bounds imply, where known.
    """
    tables = []
    for dataset, scores in data.metrics.items():
        against = "reference" if dataset == "survey" else "truth"
        names = [name for name in in_order(scores) if comparable(name, against)]
        columns = ["method", *(name for name, _ in _SCORES.values())]
        rows = [
            [
                METHODS[method].title,
                *(form(scores[method].get(score)) for score, (_, form) in _SCORES.items()),
            ]
            for method in names
        ]
        bound = _bound(data, dataset)
        if np.isfinite(bound):
            columns.append("NMAD over the bound")
            for method, row in zip(names, rows, strict=True):
                scatter = scores[method].get("nmad")
                row.append(format_number(None if scatter is None else scatter / bound, 2))
        tables.append(Table(DATASET_TITLES.get(dataset, dataset), columns, rows))
    return tables


def _bound(data: ReportData, dataset: str) -> float:
    """The scatter that the bounds of all galaxies of a data set imply; NaN where none is known."""
    bins = data.bins
    rows = bins[(bins["dataset"] == dataset) & (bins["by"] == "all") & (bins["galaxies"] == "all")]
    known = rows.loc[rows["crb_nmad"] > 0, "crb_nmad"]
    return float(known.iloc[0]) if len(known) else np.nan


def provenance_tables(provenance: dict[str, Any]) -> tuple[Table, Table, Table]:
    """Return the tables of counts (with the centroid check), of dropped objects and of files."""
    counts = [
        [str(key).replace("_", " "), format_value(value)]
        for key, value in flatten(provenance["counts"]).items()
    ]
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


def queries(sql: Any) -> dict[str, str]:
    """Return SQL by its name; a single text is called "query"."""
    known = sql if isinstance(sql, dict) else {"query": sql}
    return {str(name): str(text) for name, text in known.items()}


def parameter_table(params: dict[str, Any]) -> Table:
    """Return every parameter of the run under its dotted name, exactly as it was set."""
    rows = [[name, format_parameter(value)] for name, value in flatten(params).items()]
    return Table("Parameters", ["parameter", "value"], rows, empty="none given")
