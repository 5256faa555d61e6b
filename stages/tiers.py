"""Tiers: one table of how every method does on every kind of galaxy, beside the bound."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from halflight import files, methods, params, tasks
from halflight.paths import REPORTS
from halflight.tables import read_csv
from stages import run
from stages.tier import scores_of

Column = tuple[str, float, str]
"""Of a score: its title, a factor to show it by, and how its number is written."""
COLUMNS: dict[str, Column] = {
    "nmad": ("NMAD", 1.0, ".4f"),
    "outlier_fraction": ("beyond .3, %", 100.0, ".1f"),
    "coverage_68": ("68 % holds", 100.0, ".1f"),
    "coverage_95": ("95 % holds", 100.0, ".1f"),
}


def main(task: str) -> None:
    """Write the table, from the scores that the stage tier has left."""
    kinds, wanted = params.read(f"{task}.tiers").kinds, tasks.measuring(tasks.get(task))
    summary = REPORTS / "tiers" / task / "README.md"
    lines = [
        f"# {wanted.title}: every method on every kind of simulated galaxy",
        "",
        "Synthetic galaxies, drawn with GalSim from the populations of params.yaml, section "
        f"`{task}.tiers`; NMAD and outliers are of the residual of {wanted.headline.name}, in "
        "brackets the central 68 % of a bootstrap. Written by `dvc repro reports/tiers/dvc.yaml`; "
        "the same in bins stands in the CSV files beside it.",
        "",
        *head("kind"),
    ]
    for kind in kinds:
        lines += rows_of(kind, wanted, scores_of(task, kind))
    files.write_text(summary, "\n".join(lines) + "\n")
    print(f"tiers: {summary}")


def head(kind: str) -> list[str]:
    """The first lines of a table of methods, each of several kinds of galaxy or frame."""
    titles = [kind, "method", "galaxies", *(name for name, *_ in COLUMNS.values())]
    return [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]


def rows_of(kind: str, task: tasks.Measurement, scores: Path) -> list[str]:
    """The lines of one kind: what the methods' scores over all its galaxies are."""
    table = read_csv(scores)
    of_all = (table["by"] == "all") & (table["galaxies"] == "all")
    rows = table[of_all & (table["quantity"] == task.headline.name)].set_index("method")
    by_method, lines = rows.to_dict("index"), []
    for method in methods.in_order(by_method):
        row = by_method[method]
        cells = [methods.METHODS[method].title, str(int(row["count"]))]
        cells += [cell(row, column) for column in COLUMNS]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def cell(row: Mapping[Hashable, Any], column: str, columns: Mapping[str, Column] = COLUMNS) -> str:
    """A score with its interval, for people; a dash where a method has none."""
    if pd.isna(row[column]):
        return "-"
    _, factor, form = columns[column]
    ends = "-".join(f"{factor * row[f'{column}_{end}']:{form}}" for end in ("low", "high"))
    return f"{factor * row[column]:{form}} ({ends})"


if __name__ == "__main__":
    run(main, ValueError)
