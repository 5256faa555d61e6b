"""Reads what the sections of all tasks are made from: tables by quantity, scores, curves, rows."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, store
from halflight.paths import TaskPaths
from halflight.report.columns import CLASS_COLUMNS, COLUMNS
from halflight.report.inputs import check_provenance
from halflight.tables import read_csv


def numbers_of(table: str) -> dict[str, str]:
    """The columns of one of the report's tables that hold numbers."""
    return {name: "number" for name, numeric in (COLUMNS | CLASS_COLUMNS)[table].items() if numeric}


def of_quantity(
    table: pd.DataFrame, quantity: str, path: Path, task: str, known: Collection[str]
) -> pd.DataFrame:
    """The rows of one quantity of a task's table, without the column that says so.

    Raises ValueError, naming the file, where a row is of none of the known quantities.
    """
    unknown = sorted(set(table["quantity"]) - set(known))
    if unknown:
        raise ValueError(f"{path}: task {task} measures no quantity {unknown!r:.200}")
    return table[table["quantity"] == quantity].drop(columns="quantity")


def scores_of(place: TaskPaths, quantity: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The scores of one quantity, and all metrics, which name the devices of the networks, too.

    Raises ValueError, naming the file, where it has not both.
    """
    metrics = files.read_json(place.metrics)
    needed = (quantity, "device")
    lacking = [name for name in needed if not isinstance(metrics, dict) or name not in metrics]
    if lacking:
        raise ValueError(f"{place.metrics} lacks {', '.join(lacking)}: run `dvc repro`")
    scores = metrics[quantity]
    if not isinstance(scores, dict):
        raise ValueError(f"{place.metrics}: {quantity} must be scores: {scores!r:.80}")
    return scores, metrics


def history_of(place: TaskPaths) -> pd.DataFrame:
    """The learning curves of every training."""
    return pd.concat(
        [
            read_csv(path, arm="text", **numbers_of("history"))
            for path in (place.trained_history, place.finetuned_history)
        ]
    )


def provenance_of(place: TaskPaths) -> dict[str, Any]:
    """Where the survey's stamps come from; raises ValueError, naming the file, for what is none."""
    kept = files.read_json(place.provenance)
    try:
        return check_provenance(kept)
    except ValueError as error:
        raise ValueError(f"{place.provenance}: {error}: delete it and run `dvc repro`") from error


def rows_of(stamps: store.Stamps, ids: pd.Series, dataset: str) -> np.ndarray:
    """The rows of stamps with these ids, in their order."""
    row_of = pd.Series(np.arange(len(stamps)), index=stamps.table["id"])
    strangers = ids[~ids.isin(row_of.index)]
    if len(strangers):
        raise ValueError(
            f"the {dataset} stamps have none of the id {strangers.iloc[0]} that was evaluated: run "
            "`dvc repro`"
        )
    return row_of.loc[ids].to_numpy()
