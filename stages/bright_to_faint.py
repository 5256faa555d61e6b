"""Bright_to_faint: what is lost on faint objects when only bright ones have labels, arm by arm."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import files, params, paths, prepare, store, tasks, training
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.paths import TaskPaths
from halflight.trials import adaptation, adapting
from stages import project_path, run
from stages.record import code_fingerprint

ARMS = (
    "zero_shot",
    "from_scratch",
    "fine_tuned",
    "weighted",
    "weighted_by_magnitude",
    "statistics",
    "matched",
    "faded",
    "all",
)
"""Simulation alone; bright labels alone; both; and both with importance weights by colour, or by
magnitude and colour, with batch statistics of faint stamps, with features matched to theirs, with
bright stamps dimmed; and, as the ceiling, both with the faint labels too."""


def measured_of(task: str, arm: str, seed: str) -> Path:
    """Where an arm's probabilities are kept, and how many labels they are of."""
    return paths.REPORTS / "bright_to_faint" / task / f"{arm}-{seed}.parquet"


def main(task: str, arm: str, seed: str) -> None:
    """Train the arm on survey labels brighter than the limit; judge the test split beyond it."""
    settings, finetune, train = params.read(
        f"{task}.bright_to_faint", f"{task}.finetune", f"{task}.train"
    )
    place, wanted = TaskPaths(task), tasks.classifying(tasks.get(task))
    finetune = finetune.changed(seed=int(seed))
    backend = training.choose_backend(train).backend
    known = {"noise": "number", "psf_half_light_radius": "number", "magnitude": "number"}
    ready = store.read_stamps(place.prepared("survey"), split="text", **known)
    raw = store.read_stamps(place.stamps("survey"))
    labels = wanted.survey_labels(ready.table, ready.table, finetune)
    split = ready.table["split"].to_numpy()
    bright = (ready.table["magnitude"] < settings.magnitude).to_numpy()
    seen = labels.usable if arm == "all" else labels.usable & bright
    data = LabelledStamps.of(
        wanted,
        ready,
        labels.values,
        train=np.flatnonzero(seen & (split == "train")),
        validation=np.flatnonzero(seen & (split == "validation")),
    )
    faint = np.flatnonzero(~bright & (split == "train"))
    print(f"bright_to_faint: {arm}: {len(data.train)} labels, {len(faint)} faint without")

    def fitted(data: LabelledStamps, *, scratch: bool = False) -> Estimator:
        estimator = Estimator.load(place.trained, backend=backend)
        chosen = finetune
        if scratch:
            chosen = finetune.changed(
                epochs=finetune.from_scratch_epochs,
                learning_rate=finetune.from_scratch_learning_rate,
            )
            estimator = training.new_estimator(
                wanted,
                data,
                estimator.preparation,
                train,
                backend=backend,
                seed=finetune.seed,
                provenance={"trained_on": data.stamps.origin},
            )
        result, _ = training.fit(
            estimator,
            data,
            chosen,
            name=f"{arm}-{seed}",
            checkpoints=project_path(paths.CHECKPOINTS),
            identity=training.fingerprint([place.trained, place.prepared("survey")]) + arm,
            code=code_fingerprint("bright_to_faint", {"task": task, "arm": arm}),
        )
        return result

    def judged(estimator: Estimator) -> np.ndarray:
        found = estimator.measure_stamps(raw, ready.table["source_index"].to_numpy()[test])
        return found[wanted.probability].to_numpy()

    def dimmed(folder: Path) -> LabelledStamps:
        preparation = prepare.read_preparation(place.preparation("survey"))
        beyond = settings.magnitude, settings.magnitude + settings.depth
        return adapting.dimmed(data, raw, preparation, folder, beyond=beyond, seed=finetune.seed)

    test = np.flatnonzero(split == "test")
    labels_of, effective = len(data.train), float(len(data.train))
    match arm:
        case "zero_shot":
            labels_of, effective = 0, 0.0
            p = judged(Estimator.load(place.trained, backend=backend))
        case "from_scratch":
            p = judged(fitted(data, scratch=True))
        case "weighted" | "weighted_by_magnitude":
            by = adapting.weighted_by(ready.table, magnitude=arm == "weighted_by_magnitude")
            weights = np.ones(len(ready))
            weights[data.train] = adaptation.importance_weights(
                by[data.train], by[faint], limit=settings.weight_limit
            )
            effective = adaptation.effective_size(weights[data.train])
            print(
                f"bright_to_faint: {arm}: the weights leave {effective:.0f} of {labels_of} labels"
            )
            p = judged(fitted(data.weighted(weights)))
        case "statistics":
            estimator = fitted(data)
            network = estimator.network
            unlabelled = LabelledStamps(
                ready, np.zeros((len(ready), 1)), train=faint, validation=faint
            )
            training.settle_statistics(network, unlabelled, wanted, finetune)
            p = judged(training.calibrate(estimator, data))
        case "matched":
            p = adapting.matched(fitted(data), data, faint, test)
        case "faded":
            with tempfile.TemporaryDirectory() as folder:
                p = judged(fitted(dimmed(Path(folder))))
        case "fine_tuned" | "all":
            p = judged(fitted(data))
        case _:
            raise ValueError(f"there is no arm {arm!r:.40}: choose of {', '.join(ARMS)}")
    table = pd.DataFrame({"id": ready.table["id"].to_numpy()[test], wanted.probability: p})
    table = table.assign(labels=labels_of, effective_labels=effective)
    files.write_parquet(measured_of(task, arm, seed), table)


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
