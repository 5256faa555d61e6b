"""Scored: how tables of studies show scores over all galaxies, by method and by run."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from halflight import methods, tasks
from halflight.scores.bins import EVERYTHING

Column = tuple[str, float, str]
"""Of a score: its title, a factor to show it by, and how its number is written."""
COLUMNS: dict[str, Column] = {
    "nmad": ("NMAD", 1.0, ".4f"),
    "outlier_fraction": ("beyond .3, %", 100.0, ".1f"),
    "coverage_68": ("68 % holds", 100.0, ".1f"),
    "coverage_95": ("95 % holds", 100.0, ".1f"),
}


def head(kind: str, count: str = "galaxies") -> list[str]:
    """The first lines of a table of `lines_of`. kind, count: titles of what each row is of."""
    titles = [kind, "run", "method", "orientations", count]
    titles += [title for title, *_ in COLUMNS.values()]
    return [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]


def over_all(scores: pd.DataFrame, task: tasks.Measurement) -> pd.DataFrame:
    """The rows of the scores in bins that are of all galaxies, and of the task's headline."""
    whole = (scores["by"] == EVERYTHING) & (scores["galaxies"] == EVERYTHING)
    return scores[whole & (scores["quantity"] == task.headline.name)]


def lines_of(kind: str, scores: pd.DataFrame, task: tasks.Measurement) -> list[str]:
    """The lines of one kind: the scores over all its galaxies, of each method of each run.

    scores: in bins, with the columns run and orientations, which are NaN where a method has none.
    """
    lines, rows = [], over_all(scores, task)
    for method in methods.in_order(rows["method"]):
        for row in rows[rows["method"] == method].to_dict("records"):
            run = "-" if pd.isna(row["run"]) else row["run"]
            views = "-" if pd.isna(row["orientations"]) else int(row["orientations"])
            cells = [kind, run, methods.METHODS[method].short, views, int(row["count"])]
            cells += [cell(row, column) for column in COLUMNS]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def cell(row: Mapping[Hashable, Any], column: str, columns: Mapping[str, Column] = COLUMNS) -> str:
    """A score with its interval, for people; a dash where a method has none."""
    if pd.isna(row[column]):
        return "-"
    _, factor, form = columns[column]
    ends = "-".join(f"{factor * row[f'{column}_{end}']:{form}}" for end in ("low", "high"))
    return f"{factor * row[column]:{form}} ({ends})"
