"""Evaluate: measure both test splits with every network, and score every method alike."""

import pandas as pd

from halflight import files, methods, params, store, tasks, training
from halflight.combination import Combination, TooFewError
from halflight.estimator import Estimator
from halflight.paths import DATASETS, TaskPaths
from halflight.scores import bins, combined, tables
from halflight.tables import check, read_parquet, rows_of
from stages import run


def main(task: str) -> None:
    """Write every measurement and reference to data, the scores to reports/metrics."""
    settings, train = params.read(f"{task}.evaluate", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    choice = training.choose_backend(train)
    trained = Estimator.load(place.trained, backend=choice.backend)
    arms = {"zero_shot": trained} | {
        arm: Estimator.load(place.finetuned(arm), backend=choice.backend)
        for arm in methods.LEARNT_FROM_LABELS
    }
    networks = {"simulated": {"network": trained}, "survey": arms}
    describe = {"simulated": tables.simulated_objects, "survey": tables.survey_objects}

    joint = combinations(place, wanted, trained)
    predictions, objects = [], []
    for dataset in DATASETS:
        stamps = store.read_stamps(place.stamps(dataset))
        test, classical = measured_objects(place, wanted, stamps, dataset, "test")
        predictions.append(tables.classical_predictions(wanted, dataset, classical))
        for method, estimator in networks[dataset].items():
            measured = estimator.measure_stamps(stamps, test["source_index"].to_numpy())
            predictions.append(
                tables.predictions(wanted, dataset, method, test["id"].to_numpy(), measured)
            )
            if estimator is trained and joint:
                predictions.append(
                    combined.combined_predictions(wanted, joint, dataset, classical, measured)
                )
        objects.append(describe[dataset](wanted, test, classical))
    measurements = pd.concat(predictions, ignore_index=True)
    known = pd.concat(objects, ignore_index=True)

    options = {"seed": settings.seed, "bootstrap": settings.bootstrap}
    scores, binned = tables.score(
        wanted, measurements, known, edges=bins.edges_of(settings), **options
    )
    labels = {
        arm: training.told(arms[arm], "labels", "train") for arm in methods.LEARNT_FROM_LABELS
    }
    devices = {
        "train": training.told(trained, "device"),
        "finetune": training.told(arms["fine_tuned"], "device"),
        "evaluate": choice.device,
    }
    files.write_parquet(place.predictions, measurements)
    files.write_parquet(place.objects, known)
    files.write_json(place.combination, {name: each.to_dict() for name, each in joint.items()})
    files.write_json(place.metrics, {**scores, "device": devices})
    files.write_csv(place.bins, binned)
    transfer = tables.transfer(wanted, measurements, known, labels=labels, **options)
    files.write_csv(place.transfer, transfer)
    shown = binned[(binned["quantity"] == wanted.headline.name) & (binned["galaxies"] == "all")]
    shown = shown[shown["by"] == "magnitude"]
    print(shown.pivot_table("nmad", ["dataset", "against", "bin_low"], "method").to_string())


def combinations(place: TaskPaths, task: tasks.Task, trained: Estimator) -> dict[str, Combination]:
    """How network and reference are joined: fitted on the simulation's validation split.

    Of no quantity where that split is too small to tell.
    """
    stamps = store.read_stamps(place.stamps("simulated"))
    table, classical = measured_objects(place, task, stamps, "simulated", "validation")
    network = trained.measure_stamps(stamps, table["source_index"].to_numpy())
    try:
        return combined.fitted_combinations(task, table, classical, network)
    except TooFewError as error:
        print(f"network and {task.reference} are not joined: {error}")
        return {}


def measured_objects(
    place: TaskPaths, task: tasks.Task, stamps: store.Stamps, dataset: str, split: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The objects of a split that were measured classically, and these measurements."""
    known = dict.fromkeys(("magnitude", "psf_half_light_radius"), "number")
    if dataset == "survey":
        known |= dict.fromkeys(("run", "camcol", "field"), "integer")
    ready = store.read_stamps(
        place.prepared(dataset), split="text", source_index="integer", **known
    )
    store.source_rows(ready, stamps)
    path = place.classical(dataset)
    classical = read_parquet(path, id="id")
    check(classical, path, **task.classical_columns(classical))
    flags = {f"{method}_converged" for method in task.classical} & set(classical)
    check(classical, path, **dict.fromkeys(flags | {f"{task.reference}_converged"}, "boolean"))
    of_split = ready.table[ready.table["split"] == split]
    table = of_split[of_split["id"].isin(classical["id"])]
    if table.empty:
        raise ValueError(
            f"none of the {len(of_split)} {split} stamps of {place.prepared(dataset)} was measured "
            f"in {path}: run `dvc repro`"
        )
    return table, rows_of(classical, table["id"], path).reset_index()


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
