"""Train: the from-scratch network on simulated stamps, of which everything is known exactly."""

import numpy as np
import pandas as pd

from halflight import files, mpi, params, paths, store, tasks, training
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.nn.sharding import ALONE, Exchange
from halflight.paths import TaskPaths
from halflight.prepare import read_preparation
from stages import project_path, rank, run
from stages.record import code_fingerprint


def main(task: str) -> None:
    """Train on the simulated training split; keep the weights of the best validation loss.

    Processes of `mpirun` share the shards of each batch, and the first writes.
    """
    team = ALONE if rank() is None else mpi.team()
    settings, place, wanted = params.read(f"{task}.train"), TaskPaths(task), tasks.get(task)
    code = code_fingerprint("train", {"task": task})
    data = simulated(wanted, place)
    estimator, history = train(wanted, settings, place, data, "train", code, team)
    if team.rank:
        return
    estimator.save(place.trained)
    files.write_csv(place.trained_history, history)


def simulated(wanted: tasks.Task, place: TaskPaths, most: int | None = None) -> LabelledStamps:
    """Simulated stamps with their truths; `most` of the training split, None: all of it."""
    truths = wanted.truth_columns() | {"noise": "number", "psf_half_light_radius": "number"}
    stamps = store.read_stamps(place.prepared("simulated"), split="text", **truths)
    labels = wanted.simulated_labels(stamps.table)
    split = stamps.table["split"].to_numpy()
    return LabelledStamps.of(
        wanted,
        stamps,
        labels.values,
        train=np.flatnonzero(labels.usable & (split == "train"))[:most],
        validation=np.flatnonzero(labels.usable & (split == "validation")),
    )


def train(
    wanted: tasks.Task,
    settings: params.Train,
    place: TaskPaths,
    data: LabelledStamps,
    name: str,
    code: str,
    exchange: Exchange = ALONE,
) -> tuple[Estimator, pd.DataFrame]:
    """An estimator trained on stamps of `place`, with its history.

    name, code: by which an interrupted training is found again, see `halflight.training.fit`.
    exchange: with the processes that train together.
    """
    choice = training.choose_backend(settings)
    estimator = training.new_estimator(
        wanted,
        data,
        read_preparation(place.preparation("simulated")),
        settings,
        backend=choice.backend,
        seed=settings.seed,
        provenance={"trained_on": data.stamps.origin, "device": choice.device},
    )
    estimator.network.summary()
    print(f"{name}: {len(data.train)} stamps, {len(data.validation)} to validate")
    inputs = [place.prepared("simulated"), *training.imported_files(settings)]
    identity = f"{training.fingerprint(inputs)}{len(data.train)}{settings.model_dump_json()}"
    return training.fit(
        estimator,
        data,
        settings,
        name=name,
        checkpoints=project_path(paths.CHECKPOINTS),
        identity=identity,
        code=code,
        exchange=exchange,
    )


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError, together=True)
