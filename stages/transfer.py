"""Transfer: what a number of survey labels is worth, by what of the network may learn from them."""

from pathlib import Path
from typing import Any

import pandas as pd

from halflight import files, params, paths, store, tasks, training
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.paths import TaskPaths
from stages import project_path, run
from stages.record import code_fingerprint
from stages.transfer_labels import labelled
from stages.transfer_places import place_of

ARMS: dict[str, dict[str, Any]] = {
    "statistics": {},
    "head": {"freeze": ("trunk_*", "psf_*", "dense_*")},
    "discriminative": {"learning_rate_multipliers": {"trunk_*": 0.1, "psf_*": 0.1}},
    "all": {},
    "from_scratch": {},
}
"""What differs from section finetune: batch statistics alone, the head alone, a trunk that learns
ten times more slowly, all layers alike, and a network that was never shown the simulation."""


def measured_of(task: str, sky: str, arm: str, seed: str) -> Path:
    """Where the measurements of an arm's networks are kept."""
    return paths.REPORTS / "transfer" / task / sky / f"{arm}-{seed}.parquet"


def main(task: str, sky: str, arm: str, seed: str) -> None:
    """Train the arm on each number of labels that there are; measure the test split with each."""
    settings, train, counts = params.read(f"{task}.finetune", f"{task}.train", f"{task}.transfer")
    place, wanted = place_of(task, sky), tasks.measuring(tasks.get(task))
    backend = training.choose_backend(train).backend
    stamps = store.read_stamps(place.stamps("survey"))
    settings = settings.changed(seed=int(seed), max_labels=None, **ARMS[arm])
    there_are = len(labelled(wanted, sky, settings).train)
    rows = []
    for most in (*(count for count in counts.labels if count < there_are), None):
        chosen = settings.changed(max_labels=most)
        data = labelled(wanted, sky, chosen)
        estimator = trained_arm(wanted, place, data, train, chosen, arm, backend)
        ready = data.stamps.table
        test = ready[ready["split"] == "test"]
        found = estimator.measure_stamps(stamps, test["source_index"].to_numpy())
        kept = found[[quantity.name for quantity in wanted.quantities]]
        kept.insert(0, "id", test["id"].to_numpy())
        rows.append(kept.assign(labels=len(data.train)))
    files.write_parquet(measured_of(task, sky, arm, seed), pd.concat(rows, ignore_index=True))


def trained_arm(
    task: tasks.Task,
    place: TaskPaths,
    data: LabelledStamps,
    train: params.Train,
    settings: params.FineTune,
    arm: str,
    backend: str,
) -> Estimator:
    """The arm's estimator, trained on these labels; place: of their stamps."""
    default = TaskPaths(task.name)
    trained = Estimator.load(default.trained, backend=backend)
    if arm == "statistics":
        training.settle_statistics(trained.network, data, task, settings)
        return training.calibrate(trained, data)
    if arm == "from_scratch":
        settings = settings.changed(
            epochs=settings.from_scratch_epochs, learning_rate=settings.from_scratch_learning_rate
        )
        trained = training.new_estimator(
            task,
            data,
            trained.preparation,
            train,
            backend=backend,
            seed=settings.seed,
            provenance={"trained_on": data.stamps.origin},
        )
    if settings.freeze:
        trained.network.freeze(*settings.freeze)
    fitted, _ = training.fit(
        trained,
        data,
        settings,
        name=f"{arm}-{len(data.train)}",
        checkpoints=project_path(paths.CHECKPOINTS),
        identity=training.fingerprint([default.trained, place.prepared("survey")]),
        code=code_fingerprint("transfer", {"task": task.name}),
    )
    return fitted


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
