"""Evaluate: measure both test splits with every network, and score every method alike."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from halflight import files, methods, params, store, tasks, training
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measured import measured_objects
from halflight.paths import DATASETS, TaskPaths
from halflight.scores import classes, decisions, tables
from halflight.stacking import Stack
from halflight.tables import sky_groups
from stages import run

SCORING: dict[str, ModuleType] = {
    tasks.Measurement.kind: tables,
    tasks.Classification.kind: classes,
}
STACKED = ("fine_tuned", "forest")
"""What a classification's joint answer is made of."""


class Joining(NamedTuple):
    """How a network's answers are joined with a classical method's.

    join: of a data set, a method, its answers and the classical ones: names and tables of the joint
    ones. validation: by method, probabilities (n,) and labels of the survey's validation split.
    """

    join: Callable[..., list[tuple[str, Any]]]
    validation: Mapping[str, tuple[np.ndarray, np.ndarray]] = {}


def main(task: str) -> None:
    """Write every measurement and reference to data, the scores to reports/metrics."""
    settings, train = params.read(f"{task}.evaluate", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    scoring = SCORING[wanted.kind]
    choice = training.choose_backend(train)
    trained = Estimator.load(place.estimator, backend=choice.backend)
    arms = {"zero_shot": trained} | {
        arm: Estimator.load(place.finetuned(arm), backend=choice.backend)
        for arm in methods.LEARNT_FROM_LABELS
    }
    networks = {"simulated": {"network": trained}, "survey": arms}
    describe = {"simulated": scoring.simulated_objects, "survey": scoring.survey_objects}
    joining = JOINING[wanted.kind](wanted, place, arms)

    predictions, objects = [], []
    for dataset in DATASETS:
        stamps = store.read_stamps(place.stamps(dataset))
        test, classical = measured_objects(place, wanted, stamps, dataset, "test")
        predictions.append(scoring.classical_predictions(wanted, dataset, classical))
        for method, estimator in networks[dataset].items():
            found = estimator.measure_stamps(stamps, test["source_index"].to_numpy())
            for name, table in [(method, found), *joining.join(dataset, method, found, classical)]:
                predictions.append(
                    scoring.predictions(wanted, dataset, name, test["id"].to_numpy(), table)
                )
        objects.append(describe[dataset](wanted, test, classical))
    measurements = pd.concat(predictions, ignore_index=True)
    known = pd.concat(objects, ignore_index=True)

    options = scoring.options(settings)
    scores, binned = scoring.score(wanted, measurements, known, **options)
    if differences := scoring.compared(wanted, measurements, known, **options):
        scores["paired"] = differences
    if joining.validation:
        decided, scores["decided"] = decisions.scored(
            tasks.classifying(wanted),
            measurements,
            known,
            joining.validation,
            decisive=tasks.classifying(arms[STACKED[0]].task).decisive,
            wrong=settings.decided_wrong,
            **options,
        )
        files.write_parquet(place.decided, decided)
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
    transfer = scoring.transfer(wanted, measurements, known, labels=labels, **options)
    files.write_csv(place.transfer, transfer)
    print(scoring.shown(wanted, binned))


def with_fit(wanted: Any, place: TaskPaths, arms: dict[str, Estimator]) -> Joining:
    """What joins the network's measurements with the scene fit's, as stage combine found best."""
    del arms
    joint = Joint.load(place.estimator)

    def join(dataset: str, method: str, found: Any, classical: Any) -> list[tuple[str, Any]]:
        del dataset
        if joint is None or method not in ("network", "zero_shot"):
            return []
        return [("combined", joint.joined(wanted, found, classical))]

    return Joining(join)


def with_judge(wanted: Any, place: TaskPaths, arms: dict[str, Estimator]) -> Joining:
    """What joins the fine-tuned network's probabilities with the forest's, on the survey.

    How, is found on its validation split, which the forest never saw and the network has only been
    stopped and calibrated by.
    """
    network, judge = STACKED
    stamps = store.read_stamps(place.stamps("survey"))
    table, classical = measured_objects(place, wanted, stamps, "survey", "validation")
    label = wanted.truths(table)
    found = arms[network].measure_stamps(stamps, table["source_index"].to_numpy())
    column = f"{judge}_{wanted.probability}"
    first, second = found[wanted.probability].to_numpy(), classical[column].to_numpy()
    known = np.isfinite(label) & np.isfinite(first) & np.isfinite(second)
    names = sky_groups(table)
    stack = Stack.fitted(first[known], second[known], label[known], names[known])
    print(f"evaluate: {network} and {judge} joined on {int(known.sum())} objects: {stack}")

    def join(dataset: str, method: str, found: Any, classical: Any) -> list[tuple[str, Any]]:
        if dataset != "survey" or method != network:
            return []
        both = found[wanted.probability].to_numpy(), classical[column].to_numpy()
        return [("stacked", pd.DataFrame({wanted.probability: stack.joined(*both)}))]

    proven = {network: first, judge: second, "stacked": stack.joined(first, second)}
    return Joining(join, {name: (p[known], label[known]) for name, p in proven.items()})


JOINING: dict[str, Callable[..., Joining]] = {
    tasks.Measurement.kind: with_fit,
    tasks.Classification.kind: with_judge,
}


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
