"""Evaluate: measure both test splits with every network, and score every method alike."""

import pandas as pd

from halflight import files, methods, params, store, tasks, training
from halflight.combination import Combination, TooFewError
from halflight.estimator import Estimator
from halflight.paths import DATASETS, TaskPaths
from halflight.scores import combined, tables
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
        test, classical = measured_objects(place, dataset, "test")
        stamps = store.read_stamps(place.stamps(dataset))
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
    scores, bins = tables.score(
        wanted, measurements, known, magnitude_edges=settings.magnitude_edges, **options
    )
    labels = {arm: arms[arm].provenance["labels"]["train"] for arm in methods.LEARNT_FROM_LABELS}
    devices = {
        "train": trained.provenance["device"],
        "finetune": arms["fine_tuned"].provenance["device"],
        "evaluate": choice.device,
    }
    files.write_parquet(place.predictions, measurements)
    files.write_parquet(place.objects, known)
    files.write_json(place.combination, {name: each.to_dict() for name, each in joint.items()})
    files.write_json(place.metrics, {**scores, "device": devices})
    files.write_csv(place.bins, bins)
    transfer = tables.transfer(wanted, measurements, known, labels=labels, **options)
    files.write_csv(place.transfer, transfer)
    shown = bins[bins["quantity"] == wanted.headline.name]
    print(shown.pivot_table("nmad", ["dataset", "against", "bin_low"], "method").to_string())


def combinations(place: TaskPaths, task: tasks.Task, trained: Estimator) -> dict[str, Combination]:
    """How network and reference are joined: fitted on the simulation's validation split.

    Of no quantity where that split is too small to tell.
    """
    table, classical = measured_objects(place, "simulated", "validation")
    stamps = store.read_stamps(place.stamps("simulated"))
    network = trained.measure_stamps(stamps, table["source_index"].to_numpy())
    try:
        return combined.fitted_combinations(task, table, classical, network)
    except TooFewError as error:
        print(f"network and {task.reference} are not joined: {error}")
        return {}


def measured_objects(
    place: TaskPaths, dataset: str, split: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The objects of a split that were measured classically, and these measurements."""
    prepared = store.read_stamps(place.prepared(dataset)).table
    classical = pd.read_parquet(place.classical(dataset)).set_index("id")
    table = prepared[(prepared["split"] == split) & prepared["id"].isin(classical.index)]
    return table, classical.loc[table["id"]].reset_index()


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
