"""Scored: scores of several runs' methods, and how tables of studies show them."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from halflight import methods, params, tasks
from halflight.scores import tables
from halflight.scores.bins import EVERYTHING

Column = tuple[str, float, str]
"""Of a score: its title, a factor to show it by, and how its number is written."""
COLUMNS: dict[str, Column] = {
    "nmad": ("NMAD", 1.0, ".4f"),
    "outlier_fraction": ("beyond .3, %", 100.0, ".1f"),
    "coverage_68": ("68 % holds", 100.0, ".1f"),
    "coverage_95": ("95 % holds", 100.0, ".1f"),
}


def predicted(
    task: tasks.Measurement, dataset: str, ids: pd.Series, found: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """The predictions of several methods, by name, of the objects with these ids."""
    parts = (
        tables.predictions(task, dataset, name, ids.to_numpy(), answer)
        for name, answer in found.items()
    )
    return pd.concat(parts, ignore_index=True)


def scores(
    task: tasks.Measurement,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    settings: params.Evaluate,
) -> pd.DataFrame:
    """Their scores against the truth, in bins."""
    _, binned = tables.score(task, predictions, objects, **tables.options(settings))
    return binned[binned["against"] == "truth"].drop(columns=["dataset", "against"])


def shown(scored: pd.DataFrame, task: tasks.Measurement) -> str:
    """The scores of all galaxies, for people."""
    columns = ["method", "run", "orientations", "count", "nmad", "outlier_fraction"]
    columns += ["coverage_68", "coverage_95"]
    return over_all(scored, task)[columns].to_string(index=False)


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
