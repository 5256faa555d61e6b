"""Evaluate: measure both test splits with every network, and score every method alike."""

import pandas as pd

from halflight import files, methods, params, store, tasks, training
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measured import measured_objects
from halflight.paths import DATASETS, TaskPaths
from halflight.scores import bins, tables
from stages import run


def main(task: str) -> None:
    """Write every measurement and reference to data, the scores to reports/metrics."""
    settings, train = params.read(f"{task}.evaluate", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    choice = training.choose_backend(train)
    trained = Estimator.load(place.estimator, backend=choice.backend)
    joint = Joint.load(place.estimator)
    arms = {"zero_shot": trained} | {
        arm: Estimator.load(place.finetuned(arm), backend=choice.backend)
        for arm in methods.LEARNT_FROM_LABELS
    }
    networks = {"simulated": {"network": trained}, "survey": arms}
    describe = {"simulated": tables.simulated_objects, "survey": tables.survey_objects}

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
            if estimator is trained and joint is not None:
                joined = joint.joined(wanted, measured, classical)
                predictions.append(
                    tables.predictions(wanted, dataset, "combined", test["id"].to_numpy(), joined)
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
    files.write_json(place.metrics, {**scores, "device": devices})
    files.write_csv(place.bins, binned)
    transfer = tables.transfer(wanted, measurements, known, labels=labels, **options)
    files.write_csv(place.transfer, transfer)
    shown = binned[(binned["quantity"] == wanted.headline.name) & (binned["galaxies"] == "all")]
    shown = shown[shown["by"] == "magnitude"]
    print(shown.pivot_table("nmad", ["dataset", "against", "bin_low"], "method").to_string())


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
