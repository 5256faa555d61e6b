"""The objects of a split beside their classical measurements, read from the pipeline's folders."""

import pandas as pd

from halflight.paths import TaskPaths
from halflight.store import Stamps, read_stamps, source_rows
from halflight.tables import check, read_parquet, rows_of
from halflight.tasks import Task


def measured_objects(
    place: TaskPaths, task: Task, stamps: Stamps, dataset: str, split: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The objects of a split that were measured classically, and these measurements, row by row.

    stamps: of the data set, as they were before they were prepared.

    Raises:
        ValueError: a table is damaged or of other stamps, or none of the split was measured.
    """
    known = dict.fromkeys(("magnitude", "psf_half_light_radius"), "number")
    if dataset == "survey":
        known |= dict.fromkeys(("run", "camcol", "field"), "integer")
    ready = read_stamps(place.prepared(dataset), split="text", source_index="integer", **known)
    source_rows(ready, stamps)
    path = place.classical(dataset)
    classical = read_parquet(path, id="id")
    check(classical, path, **task.classical_columns(classical))
    of_split = ready.table[ready.table["split"] == split]
    table = of_split[of_split["id"].isin(classical["id"])]
    if table.empty:
        raise ValueError(
            f"none of the {len(of_split)} {split} stamps of {place.prepared(dataset)} was measured "
            f"in {path}: run `dvc repro`"
        )
    return table, rows_of(classical, table["id"], path).reset_index()
