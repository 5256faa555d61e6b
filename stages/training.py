"""Training: the network on other settings, or fewer stamps, than the default run's; its scores."""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import files, params, store, tasks
from halflight.measured import measured_objects
from halflight.paths import REPORTS, TaskPaths
from halflight.scores import tables
from halflight.scores.statistics import bootstrap_by_group, r_squared
from stages import run
from stages.record import code_fingerprint
from stages.train import simulated, train


def place_of(task: str, trainings: params.Trainings, kind: str) -> TaskPaths:
    """Where the stamps of a kind are: the default run's, or its own where it says which."""
    own = trainings.kinds[kind].simulate
    return TaskPaths(task).of_study(f"trainings/{kind}") if own else TaskPaths(task)


def scores_of(task: str, kind: str) -> Path:
    """Where the scores of a kind are kept."""
    return REPORTS / "trainings" / task / f"{kind}.csv"


def main(task: str, kind: str) -> None:
    """Train one kind of section trainings on the default run's stamps, and score it."""
    settings, evaluate, trainings = params.read(
        f"{task}.train", f"{task}.evaluate", f"{task}.trainings"
    )
    code = code_fingerprint("training", {"task": task, "kind": kind})
    train_and_score(task, kind, settings, evaluate, trainings, code)


def train_and_score(
    task: str,
    kind: str,
    settings: params.Train,
    evaluate: params.Evaluate,
    trainings: params.Trainings,
    code: str,
) -> None:
    """Train one kind; write the scores of the test split of its stamps.

    Beside the scores stand the stamps that were learnt from and the CPU minutes of the training, of
    the process that ended it. code: see `halflight.training.fit`.
    """
    wanted, chosen = tasks.measuring(tasks.get(task)), trainings.kinds[kind]
    place = place_of(task, trainings, kind)
    data = simulated(wanted, place, chosen.stamps)
    began = time.process_time()
    estimator, _ = train(
        wanted, settings.changed(**chosen.train), place, data, f"training_{kind}", code
    )
    minutes = (time.process_time() - began) / 60
    stamps = store.read_stamps(place.stamps("simulated"))
    test, classical = measured_objects(place, wanted, stamps, "simulated", "test")
    found = estimator.measure_stamps(stamps, test["source_index"].to_numpy())
    ids = test["id"].to_numpy()
    predictions = pd.concat(
        [
            tables.predictions(wanted, "simulated", "network", ids, found),
            tables.classical_predictions(wanted, "simulated", classical),
        ],
        ignore_index=True,
    )
    objects = tables.simulated_objects(wanted, test, classical)
    _, binned = tables.score(wanted, predictions, objects, **tables.options(evaluate))
    of_all = (binned["by"] == "all") & (binned["galaxies"] == "all")
    rows = binned[of_all & (binned["quantity"] == wanted.headline.name)]
    rows = rows.drop(columns=["dataset", "against"])
    rows = rows.assign(learnt_from=len(data.train), cpu_minutes=minutes)
    rows[["r_squared", "r_squared_low", "r_squared_high"]] = [
        explained_variance(wanted, predictions, objects, method, evaluate)
        for method in rows["method"]
    ]
    files.write_csv(scores_of(task, kind), rows)
    best = rows.set_index("method").to_dict("index")["network"]
    print(
        f"training: {kind}: {len(data.train)} stamps, {minutes:.1f} CPU minutes: NMAD "
        f"{best['nmad']:.4f}, R^2 {best['r_squared']:.4f} of {int(best['count'])} test stamps"
    )


def explained_variance(
    task: tasks.Measurement,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    method: str,
    settings: params.Evaluate,
) -> tuple[float, float, float]:
    """R^2 of the physical headline quantity, with the central 68 % of its bootstrap."""
    quantity = task.headline
    wanted = (predictions["method"] == method) & (predictions["quantity"] == quantity.name)
    known = predictions[wanted].merge(objects, on="id")
    columns = (f"{quantity.name}_truth", "value")
    pairs = np.column_stack([quantity.physical(known[column].to_numpy()) for column in columns])
    interval = bootstrap_by_group(
        pairs,
        known["group"],
        lambda rows: r_squared(rows[:, 0], rows[:, 1]),
        seed=settings.seed,
        repeats=settings.bootstrap,
    )
    return interval.value, interval.low, interval.high


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
