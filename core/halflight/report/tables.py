"""The page's tables as text: all scores, provenance, parameters; and the headline."""

from dataclasses import dataclass, field
from typing import Any

from halflight.methods import METHODS, answer_of, comparable, in_order
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
_SUBJECTS = {"combined": "network and scene fit together", "network": "the network"}
_BESIDE = {
    "network": "network",
    "scene_fit": "scene fit",
    "sersic_fit": "Sérsic fit",
    "aperture": "aperture radius",
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


@dataclass(frozen=True)
class Table:
    """A table of finished text: a title, column names, rows.

    details, bold: by (row, column), a smaller second line of a cell, and which cells stand out.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    details: dict[tuple[int, int], str] = field(default_factory=dict)
    bold: set[tuple[int, int]] = field(default_factory=set)
    empty: str = NOT_MEASURED  # said in place of a table without rows


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
    """Return one computed sentence: how the answer does, beside what it is made of and others."""
    scores = data.metrics.get("simulated", {})
    answer = answer_of(scores)
    if answer is None:
        return f"Scores on simulated galaxies: {NOT_MEASURED}."
    own = scores[answer]
    others = [
        f"{format_number(scores[method].get('nmad'))} for the {name}"
        for method, name in _BESIDE.items()
        if method in scores and method != answer
    ]
    listed = " and ".join([", ".join(others[:-1]), others[-1]] if others[1:] else others)
    beside = f", beside {listed}" if others else ""
    return (
        f"On {format_count(own.get('count'))} simulated test galaxies the radii of "
        f"{_SUBJECTS.get(answer, METHODS[answer].title)} scatter by "
        f"{format_number(own.get('nmad'))} (NMAD of ln R){beside}; their "
        f"68 % intervals hold the truth for {format_fraction(own.get('coverage_68'))}, their 95 % "
        f"intervals for {format_fraction(own.get('coverage_95'))}."
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
