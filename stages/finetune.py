"""Finetune: adapt the trained network to survey stamps, and train one from scratch beside it."""

import numpy as np
import pandas as pd

from halflight import files, params, paths, store, tables, tasks, training
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.paths import TaskPaths
from stages import project_path, run
from stages.record import code_fingerprint


def main(task: str) -> None:
    """Fine-tune on the labelled stamps of the survey's training split."""
    settings, train = params.read(f"{task}.finetune", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    data = labelled_survey(wanted, place, settings)
    choice = training.choose_backend(train)
    provenance = {"trained_on": data.stamps.origin, "device": choice.device}
    tuned = Estimator.load(place.trained, backend=choice.backend)
    if settings.freeze:
        tuned.network.freeze(*settings.freeze)
    scratch = training.new_estimator(
        wanted,
        data,
        tuned.preparation,
        train,
        backend=choice.backend,
        seed=settings.seed,
        provenance=provenance,
    )
    provenance["trained_on"] = f"{training.told(tuned, 'trained_on')}, {data.stamps.origin}"
    tuned = tuned.with_provenance(**provenance)
    scratch_settings = settings.model_copy(
        update={
            "epochs": settings.from_scratch_epochs,
            "learning_rate": settings.from_scratch_learning_rate,
        }
    )
    inputs = [place.prepared("survey"), place.data / "classical", place.data / "trained"]
    identity = training.fingerprint([*inputs, *training.imported_files(train)])
    identity += train.model_dump_json()
    code = code_fingerprint("finetune", {"task": task})
    histories = []
    for arm, estimator, fit in [
        ("fine_tuned", tuned, settings),
        ("from_scratch", scratch, scratch_settings),
    ]:
        fitted, history = training.fit(
            estimator,
            data,
            fit,
            name=arm,
            checkpoints=project_path(paths.CHECKPOINTS),
            identity=identity,
            code=code,
        )
        fitted.save(place.finetuned(arm))
        histories.append(history)
    files.write_csv(place.finetuned_history, pd.concat(histories, ignore_index=True))


def labelled_survey(
    task: tasks.Task, place: TaskPaths, settings: params.FineTune
) -> LabelledStamps:
    """Survey stamps with the labels of those that may be learnt from: see `Task.survey_labels`."""
    known = {"noise": "number", "psf_half_light_radius": "number"}
    stamps = store.read_stamps(place.prepared("survey"), split="text", **known)
    path = place.classical("survey")
    measured = tables.read_parquet(path, id="id")
    tables.check(measured, path, **task.classical_columns(measured))
    measured = tables.rows_of(measured, stamps.table["id"], path)
    labels = task.survey_labels(stamps.table, measured, settings)
    split = stamps.table["split"].to_numpy()
    shuffled = np.random.Generator(np.random.Philox(key=[settings.seed, 0])).permutation(len(split))
    train = shuffled[(labels.usable & (split == "train"))[shuffled]][: settings.max_labels]
    validation = np.flatnonzero(labels.usable & (split == "validation"))
    lacking, advice = task.label_source
    print(
        f"finetune: {len(train)} survey stamps to learn from, {len(validation)} to validate; "
        f"{int((~labels.usable).sum())} of {len(labels.usable)} have no {lacking}"
    )
    if not (len(train) and len(validation)):
        raise ValueError(
            f"{len(train)} labels to learn from and {len(validation)} to validate are too few: "
            f"{advice}, change {task.name}.prepare.split, or download more"
        )
    return LabelledStamps.of(task, stamps, labels.values, train=train, validation=validation)


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
