"""Train: the from-scratch network on simulated stamps, of which everything is known exactly."""

import numpy as np

from halflight import files, params, paths, store, tasks, training
from halflight.labelled import LabelledStamps
from halflight.paths import TaskPaths
from halflight.prepare import read_preparation
from stages import project_path, run
from stages.record import code_fingerprint


def main(task: str) -> None:
    """Train on the simulated training split; keep the weights of the best validation loss."""
    settings, place, wanted = params.read(f"{task}.train"), TaskPaths(task), tasks.get(task)
    truths = wanted.truth_columns() | {"noise": "number", "psf_half_light_radius": "number"}
    stamps = store.read_stamps(place.prepared("simulated"), split="text", **truths)
    labels = wanted.simulated_labels(stamps.table)
    split = stamps.table["split"].to_numpy()
    data = LabelledStamps.of(
        wanted,
        stamps,
        labels.values,
        train=np.flatnonzero(labels.usable & (split == "train")),
        validation=np.flatnonzero(labels.usable & (split == "validation")),
    )
    choice = training.choose_backend(settings)
    estimator = training.new_estimator(
        wanted,
        data,
        read_preparation(place.preparation("simulated")),
        settings,
        backend=choice.backend,
        seed=settings.seed,
        provenance={"trained_on": stamps.origin, "device": choice.device},
    )
    estimator.network.summary()
    print(f"train: {len(data.train)} stamps, {len(data.validation)} to validate")
    inputs = [place.prepared("simulated"), *training.imported_files(settings)]
    identity = training.fingerprint(inputs) + settings.model_dump_json()
    estimator, history = training.fit(
        estimator,
        data,
        settings,
        name="train",
        checkpoints=project_path(paths.CHECKPOINTS),
        identity=identity,
        code=code_fingerprint("train", {"task": task}),
    )
    estimator.save(place.trained)
    files.write_csv(place.trained_history, history)


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
