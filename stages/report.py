"""Report: one self-contained page, its figures and report.md, from what the stages wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, paths, store, tasks
from halflight.paths import TaskPaths
from halflight.report.inputs import COLUMNS
from halflight.report.page import write_report
from halflight.tables import read_csv, read_parquet
from stages import run


def main(task: str) -> None:
    """Render reports/index.html, reports/report.md and reports/figures."""
    everything, place, wanted = params.load(), TaskPaths(task), tasks.measuring(tasks.get(task))
    objects = read_parquet(place.objects, id="integer", dataset="text", magnitude="finite")
    objects = objects.rename(columns=shown_names(wanted.headline.name))
    offsets = dict.fromkeys(("x", "y"), "number")
    simulated = store.read_stamps(place.stamps("simulated"), position_angle="number", **offsets)
    survey = store.read_stamps(place.stamps("survey"), **offsets)
    angle = f"{wanted.reference}_position_angle"
    reference = read_parquet(place.classical("survey"), id="id", **{angle: "number"})
    angles = np.radians(reference.set_index("id")[angle].reindex(survey.table["id"]).to_numpy())
    count = everything.report.gallery
    metrics = files.read_json(place.metrics)
    needed = (wanted.headline.name, "device")
    lacking = [name for name in needed if not isinstance(metrics, dict) or name not in metrics]
    if lacking:
        raise ValueError(f"{place.metrics} lacks {', '.join(lacking)}: run `dvc repro`")
    scores = metrics[wanted.headline.name]
    if not isinstance(scores, dict):
        raise ValueError(f"{place.metrics}: {wanted.headline.name} must be scores: {scores!r:.80}")
    written = write_report(
        paths.REPORTS,
        provenance=files.read_json(place.provenance),
        predictions=of_headline(read_parquet, place.predictions, wanted, numbers_of("predictions")),
        objects=objects,
        bins=of_headline(read_csv, place.bins, wanted, numbers_of("bins")),
        metrics={**scores, "device": metrics["device"]},
        history=pd.concat(
            [
                read_csv(path, arm="text", **numbers_of("history"))
                for path in (place.trained_history, place.finetuned_history)
            ]
        ),
        transfer=of_headline(read_csv, place.transfer, wanted, numbers_of("transfer")),
        gallery={
            "simulated": gallery(
                simulated, objects, "simulated", simulated.table["position_angle"], count
            ),
            "survey": gallery(survey, objects, "survey", angles, count),
        },
        params=everything.model_dump(mode="json"),
        title=everything.report.title,
        figures=wanted.figures,
    )
    print(f"report: {len(written)} files; open {paths.PAGE}")


def numbers_of(table: str) -> dict[str, str]:
    """The columns of one of the report's tables that hold numbers."""
    return {name: "number" for name, numeric in COLUMNS[table].items() if numeric}


def of_headline(
    read: Callable[..., pd.DataFrame], path: Path, task: tasks.Measurement, kinds: dict[str, str]
) -> pd.DataFrame:
    """The rows of the quantity that the page shows, of a table that `read` reads."""
    table = read(path, quantity="text", **kinds)
    unknown = sorted(set(table["quantity"]) - {quantity.name for quantity in task.quantities})
    if unknown:
        raise ValueError(f"{path}: task {task.name} measures no quantity {unknown!r:.200}")
    return table[table["quantity"] == task.headline.name].drop(columns="quantity")


def shown_names(quantity: str) -> dict[str, str]:
    """The page's names of the columns of one quantity."""
    return {f"{quantity}_{name}": name for name in ("truth", "reference", "bound")}


def gallery(
    stamps: store.Stamps, objects: pd.DataFrame, dataset: str, angles: Any, count: int
) -> dict[str, Any]:
    """Test stamps evenly spaced in magnitude, with the geometry of their ellipses."""
    shown = objects[objects["dataset"] == dataset].sort_values(["magnitude", "id"])
    if shown.empty:
        raise ValueError(f"no object of the {dataset} data was evaluated: run `dvc repro`")
    shown = shown.iloc[np.unique(np.linspace(0, len(shown) - 1, count).round().astype(int))]
    row_of = pd.Series(np.arange(len(stamps)), index=stamps.table["id"])
    strangers = shown.loc[~shown["id"].isin(row_of.index), "id"]
    if len(strangers):
        raise ValueError(
            f"the {dataset} stamps have none of the id {strangers.iloc[0]} that was evaluated: run "
            "`dvc repro`"
        )
    rows = row_of.loc[shown["id"]].to_numpy()
    return {
        "image": stamps["image"][rows][..., 0],
        "sigma": stamps["sigma"][rows][..., 0],
        "pixel_scale": stamps.instrument.pixel_scale,
        "labels": [
            f"{stamps.instrument.bands[0]} = {magnitude:.1f}" for magnitude in shown["magnitude"]
        ],
        "id": shown["id"].tolist(),
        "position_angle": np.asarray(angles)[rows],
        "x": stamps.table["x"].to_numpy()[rows],
        "y": stamps.table["y"].to_numpy()[rows],
    }


if __name__ == "__main__":
    run(main, ValueError)
