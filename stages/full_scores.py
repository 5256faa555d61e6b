"""Full_scores: the estimator of stage full beside the default run's, on the same test splits."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from halflight import files, methods, params, store, tasks, training
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measured import measured_objects
from halflight.paths import DATASETS, REPORTS, TaskPaths
from halflight.scores import tables
from stages import run
from stages.full_stamps import place_of
from stages.tiers import COLUMNS, cell

TITLES = {"simulated": "simulated", "survey": "survey, never seen, against the truth"}
NETWORK = {"simulated": "network", "survey": "zero_shot"}


SCORES = "scores.csv"


def folder_of(task: str) -> Path:
    """Where the scores and the table are kept."""
    return REPORTS / "full" / task


def main(task: str) -> None:
    """Score both, by one orientation of each stamp and by all; write scores and table."""
    settings, evaluate, full = params.read(f"{task}.train", f"{task}.evaluate", f"{task}.full")
    wanted, backend = tasks.measuring(tasks.get(task)), training.choose_backend(settings).backend
    folders = {"default": TaskPaths(task).estimator, "full": place_of(task).estimator}
    found = []
    for name, folder in folders.items():
        whole, joint = Estimator.load(folder, backend=backend), Joint.load(folder)
        for views in (whole.orientations, 1):
            estimator = replace(whole, orientations=views)
            scored = scores(wanted, estimator, joint if views > 1 else None, evaluate)
            found.append(scored.assign(run=name, orientations=views))
    table = pd.concat(found, ignore_index=True)
    files.write_csv(folder_of(task) / SCORES, table)
    learnt = {name: pd.read_csv(place.trained_history) for name, place in places(task)}
    lines = [
        f"# {wanted.title}: more stamps, and longer",
        "",
        f"The default run's network has learnt from {stamps_of(TaskPaths(task))} synthetic "
        f"stamps for {len(learnt['default'])} epochs, that of the full run from "
        f"{stamps_of(place_of(task))} of the same population (params.yaml, `{task}.full`) "
        f"for {len(learnt['full'])}. Both were joined with the scene fit on the same validation "
        "split, and are held against the same test splits here: synthetic stamps like those of "
        "the survey, and the survey's own (the sandbox's synthetic sky, where that is what was "
        f"downloaded). NMAD and outliers are of the residual of {wanted.headline.name}, in "
        "brackets the central 68 % of a bootstrap; orientations are those of each stamp that are "
        "measured and averaged. Written by `dvc repro reports/full/dvc.yaml`; the same in bins "
        f"stands in {SCORES} beside it.",
        "",
        *table_of(table, wanted),
    ]
    summary = folder_of(task) / "README.md"
    files.write_text(summary, "\n".join(lines) + "\n")
    print(f"full: {full.count} stamps: {summary}")


def places(task: str) -> list[tuple[str, TaskPaths]]:
    """Where each run keeps what it has trained."""
    return [("default", TaskPaths(task)), ("full", place_of(task))]


def stamps_of(place: TaskPaths) -> int:
    """How many stamps of `place` are to be learnt from."""
    split = store.read_stamps(place.prepared("simulated"), split="text").table["split"]
    return int((split == "train").sum())


def scores(
    task: tasks.Measurement, estimator: Estimator, joint: Joint | None, settings: params.Evaluate
) -> pd.DataFrame:
    """The scores in bins of a network, and of it with the fit, on the test splits of both sets."""
    place = TaskPaths(task.name)
    describe = {"simulated": tables.simulated_objects, "survey": tables.survey_objects}
    predictions, objects = [], []
    for dataset in DATASETS:
        stamps = store.read_stamps(place.stamps(dataset))
        test, classical = measured_objects(place, task, stamps, dataset, "test")
        measured = estimator.measure_stamps(stamps, test["source_index"].to_numpy())
        for method, answer in answers(task, dataset, measured, classical, joint):
            ids = test["id"].to_numpy()
            predictions.append(tables.predictions(task, dataset, method, ids, answer))
        objects.append(describe[dataset](task, test, classical))
    _, binned = tables.score(
        task,
        pd.concat(predictions, ignore_index=True),
        pd.concat(objects, ignore_index=True),
        **tables.options(settings),
    )
    return binned[binned["against"] == "truth"].drop(columns="against")


def answers(
    task: tasks.Measurement,
    dataset: str,
    measured: pd.DataFrame,
    classical: pd.DataFrame,
    joint: Joint | None,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The network's measurements, and those joined with the fit."""
    yield NETWORK[dataset], measured
    if joint is not None:
        yield "combined", joint.joined(task, measured, classical)


def table_of(scored: pd.DataFrame, task: tasks.Measurement) -> list[str]:
    """The lines of the table: of all objects, each method of each run."""
    titles = ["stamps", "run", "method", "orientations", "tested on"]
    titles += [title for title, *_ in COLUMNS.values()]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    whole = (scored["by"] == "all") & (scored["galaxies"] == "all")
    rows = scored[whole & (scored["quantity"] == task.headline.name)]
    for dataset, title in TITLES.items():
        of_set = rows[rows["dataset"] == dataset]
        for method in methods.in_order(of_set["method"]):
            for row in of_set[of_set["method"] == method].to_dict("records"):
                cells = [title, row["run"], methods.METHODS[method].short, row["orientations"]]
                cells += [int(row["count"]), *(cell(row, column) for column in COLUMNS)]
                lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
