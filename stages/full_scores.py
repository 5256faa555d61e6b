"""Full_scores: the estimator of stage full beside the default run's, on the same test splits."""

from pathlib import Path

import pandas as pd

from halflight import files, params, store, tasks, training
from halflight.measured import measured_objects
from halflight.paths import DATASETS, REPORTS, TaskPaths
from halflight.scores import tables
from stages import run
from stages.full_stamps import place_of
from stages.scored import head, lines_of
from stages.trained import Trained

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
    found = []
    for name, place in places(task):
        whole = Trained.load(name, place.estimator, wanted, backend=backend)
        found += [each.told(scores(wanted, each, evaluate)) for each in whole.ways()]
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


def scores(task: tasks.Measurement, trained: Trained, settings: params.Evaluate) -> pd.DataFrame:
    """The scores in bins of a network, and of it with the fit, on the test splits of both sets."""
    place = TaskPaths(task.name)
    describe = {"simulated": tables.simulated_objects, "survey": tables.survey_objects}
    predictions, objects = [], []
    for dataset in DATASETS:
        stamps = store.read_stamps(place.stamps(dataset))
        test, classical = measured_objects(place, task, stamps, dataset, "test")
        measured = trained.estimator.measure_stamps(stamps, test["source_index"].to_numpy())
        for method, answer in trained.answers(task, measured, classical, NETWORK[dataset]):
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


def table_of(scored: pd.DataFrame, task: tasks.Measurement) -> list[str]:
    """The lines of the table: of all objects, each method of each run."""
    lines = head("stamps", "tested on")
    for dataset, title in TITLES.items():
        lines += lines_of(title, scored[scored["dataset"] == dataset], task)
    return lines


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
