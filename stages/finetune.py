"""Finetune: adapt the trained network to survey stamps, and train one from scratch beside it."""

import numpy as np
import pandas as pd

from halflight import files, nn, params, paths, store
from stages import run
from stages.training import (
    LabelledStamps,
    chosen_backend,
    fingerprint,
    fit_network,
    new_network,
    write_history,
)


def main() -> None:
    """Fine-tune on the survey's training split, labelled by our own PSF-convolved Sersic fit."""
    everything = params.load()
    finetune, train = everything.finetune, everything.train
    data = labelled_survey(finetune)
    choice = chosen_backend(train)
    tuned = nn.load_model(paths.TRAINED_MODEL, backend=choice.backend)
    if finetune.freeze:
        tuned.freeze(*finetune.freeze)
    scratch = new_network(data.stamps, train, backend=choice.backend, seed=finetune.seed)
    scratch_fit = finetune.model_copy(
        update={
            "epochs": finetune.from_scratch_epochs,
            "learning_rate": finetune.from_scratch_learning_rate,
        }
    )
    identity = (
        fingerprint([paths.PREPARED_SURVEY, paths.JUDGED, paths.TRAINED]) + train.model_dump_json()
    )
    histories = []
    with files.whole_folder(paths.FINETUNED_MODELS) as folder:
        for arm, model, fit in [
            ("fine_tuned", tuned, finetune),
            ("from_scratch", scratch, scratch_fit),
        ]:
            histories.append(fit_network(model, data, fit, name=arm, identity=identity))
            model.save(folder / arm)
    write_history(paths.FINETUNED_HISTORY, histories)
    counts = {"train": len(data.train), "validation": len(data.validation)}
    files.write_json(paths.FINETUNED_LABELS, counts)
    files.write_json(paths.FINETUNED_DEVICE, {"device": choice.device})


def labelled_survey(finetune: params.FineTune) -> LabelledStamps:
    """Survey stamps with the ln R_e of their Sersic fit, where that fit is good enough to learn."""
    stamps = store.read_stamps(paths.PREPARED_SURVEY)
    judged = pd.read_parquet(paths.JUDGED_SURVEY).set_index("id").loc[stamps.table["id"]]
    labels = judged["sersic_fit_ln_radius"].to_numpy()
    usable = judged["sersic_fit_converged"].to_numpy() & np.isfinite(labels)
    usable &= judged["sersic_fit_ln_radius_error"].to_numpy() <= finetune.max_label_error
    split = stamps.table["split"].to_numpy()
    shuffled = np.random.Generator(np.random.Philox(key=[finetune.seed, 0])).permutation(len(split))
    train = shuffled[(usable & (split == "train"))[shuffled]][: finetune.max_labels]
    validation = np.flatnonzero(usable & (split == "validation"))
    print(
        f"finetune: {len(train)} survey stamps to learn from, {len(validation)} to validate; "
        f"{int((~usable).sum())} of {len(usable)} have no Sersic fit good enough to be a label"
    )
    if not (len(train) and len(validation)):
        raise ValueError(
            f"{len(train)} labels to learn from and {len(validation)} to validate are too few: "
            "raise finetune.max_label_error, change prepare.survey_fractions, or download more"
        )
    return LabelledStamps(stamps, labels=labels, train=train, validation=validation)


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError, FloatingPointError, RuntimeError, MemoryError)
